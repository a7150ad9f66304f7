"""WeChat official accounts: followers, scanned codes, messages."""
