"""The demo chain: an invented retail group with stores, staff, members and a year of trade. Nobody in it exists."""
