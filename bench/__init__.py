"""Measurements beside the stock way and the bare limit, in one run."""
