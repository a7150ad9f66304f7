"""Pages for members on their own phones: the store code's page, joining, the card."""
