"""The sealed ``resource`` of a notice: AES-256-GCM under the APIv3 key. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..hearing import Malformed, from_json

ALGORITHM = "AEAD_AES_256_GCM"


def seal(plain: bytes, key: str, *, nonce: str, about: str) -> str:
    """What stands in ``ciphertext``; for fakes and tests."""
    return base64.b64encode(AESGCM(key.encode()).encrypt(nonce.encode(), plain, about.encode())).decode()


def unseal(resource: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """The JSON object inside, with whichever live key opens it. Raises Malformed."""
    if resource.get("algorithm") != ALGORITHM:
        raise Malformed("unknown algorithm")
    nonce, about, text = (resource.get(name) or "" for name in ("nonce", "associated_data", "ciphertext"))
    if not (isinstance(nonce, str) and isinstance(about, str) and isinstance(text, str)) or len(nonce.encode()) != 12:
        raise Malformed("no nonce of 12 bytes")
    try:
        sealed = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("ciphertext is no base64") from None
    for key in keys:
        try:
            return from_json(AESGCM(key.encode()).decrypt(nonce.encode(), sealed, about.encode()))
        except (InvalidTag, ValueError):
            continue
    raise Malformed("ciphertext cannot be opened")
