"""The invented phone range. Pure; the rest about phones is ``members.rules.phones``."""


def is_demo(phone: str) -> bool:
    """Whether a canonical number lies in the invented range 1690000xxxx-1690099xxxx, which nobody owns."""
    return phone.startswith("16900") and len(phone) == 11
