"""What we say, and did it work."""
