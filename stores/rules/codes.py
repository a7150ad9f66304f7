"""What a store code is made of: 8 random characters and 4 that a key makes from them. Pure.

The alphabet leaves out what people mix up when they read a poster aloud (0 O, 1 I L), which leaves 31 signs:
8 of them are 39.6 bits at random, the 4 check characters another 19.8 that only the key's owner can make.
"""

import hmac
import secrets
from hashlib import sha256

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
TOKEN = 8  # characters
CHECK = 4  # characters
LENGTH = TOKEN + CHECK
_SIGNS = frozenset(ALPHABET)


def new_token() -> str:
    """Eight characters from the system's random source."""
    return "".join(secrets.choice(ALPHABET) for _ in range(TOKEN))


def check_of(token: str, key: str) -> str:
    """The four check characters of a token under a key (HMAC-SHA256, reduced to the alphabet)."""
    number = int.from_bytes(hmac.digest(key.encode(), token.encode(), sha256), "big")
    signs = []
    for _ in range(CHECK):
        number, rest = divmod(number, len(ALPHABET))
        signs.append(ALPHABET[rest])
    return "".join(signs)


def parse(text: str) -> tuple[str, str] | None:
    """Token and check of what somebody typed or scanned, in any case and with spaces or dashes; None if misshapen."""
    if len(text) > 3 * LENGTH:
        return None
    plain = "".join(sign for sign in text.upper() if sign not in " -")
    if len(plain) != LENGTH or not _SIGNS.issuperset(plain):
        return None
    return plain[:TOKEN], plain[TOKEN:]


def readable(public: str) -> str:
    """The code in groups of four, as it is printed for people: ``ABCD-2345-WXYZ``."""
    return "-".join(public[start : start + 4] for start in range(0, len(public), 4))
