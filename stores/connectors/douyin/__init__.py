"""Douyin: members who join and leave in its local-life shops (SPI), and webhooks of open apps."""
