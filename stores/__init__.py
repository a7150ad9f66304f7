"""Where we meet members, and who works there."""
