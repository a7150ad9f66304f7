"""Text messages through Tencent Cloud."""
