"""Passwords that a person reads from paper once."""

import secrets

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else


def temporary_password() -> str:
    """Sixteen random characters in four groups, about 79 bits: ``k7wm-pq3x-…``."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))
