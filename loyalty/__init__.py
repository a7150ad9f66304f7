"""What they are owed."""
