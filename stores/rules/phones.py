"""The invented phone range. Pure; the rest about phones is ``members.rules.phones``."""


def is_demo(phone: str) -> bool:
    """Whether a canonical number begins with 1690, which no carrier was given: every demo number does."""
    return phone.startswith("1690") and len(phone) == 11
