"""Gateways that take a signed HTTP call for each message, or for many."""
