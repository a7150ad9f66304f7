"""`make up`: bring the house up to date step by step, then watch over its processes."""
