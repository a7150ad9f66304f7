"""The connector that prints."""
