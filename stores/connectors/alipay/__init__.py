"""Alipay: RSA2 both ways, notices about payments."""
