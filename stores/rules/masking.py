"""How staff's own contact data stands in the log."""


def masked(value: str) -> str:
    """First three and last four characters of a phone, first letter of an e-mail; the rest as stars."""
    if not value:
        return ""
    if "@" in value:
        return f"{value[0]}***@***"
    return f"{value[:3]}****{value[-4:]}" if len(value) >= 8 else "****"
