"""The store phone: a manager's and an associate's day, in one hand."""
