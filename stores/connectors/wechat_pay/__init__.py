"""WeChat Pay v3: signed requests, notices in a sealed box, and the brand's member card (商家名片会员)."""
