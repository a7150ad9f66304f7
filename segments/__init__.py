"""Which members."""
