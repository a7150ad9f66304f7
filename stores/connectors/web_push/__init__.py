"""Web Push: notes to browsers that asked for them."""
