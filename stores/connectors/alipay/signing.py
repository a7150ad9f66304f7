"""RSA2 of Alipay: over sorted words for requests and notices, over the raw text for answers. Pure."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)


def joined(words: Mapping[str, str], *, without: Iterable[str] = ("sign",)) -> bytes:
    """``a=1&b=2``, sorted, empty values dropped."""
    left = set(without)
    return "&".join(f"{name}={words[name]}" for name in sorted(words) if name not in left and words[name]).encode()


def sign(private_key: str, words: bytes) -> str:
    """Base64 of the RSA signature; the key as PEM or as Alipay's one line. Raises ValueError."""
    key = (
        load_pem_private_key(private_key.encode(), password=None)
        if "-----BEGIN" in private_key
        else load_der_private_key(base64.b64decode(private_key), password=None)
    )
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("not an RSA key")
    return base64.b64encode(key.sign(words, PKCS1v15(), SHA256())).decode()


def is_genuine(public_keys: Iterable[str], words: bytes, signature: str) -> bool:
    """Whether one of the live public keys made the signature."""
    try:
        made = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    return any(_fits(text, words, made) for text in public_keys)


def _fits(text: str, words: bytes, made: bytes) -> bool:
    try:
        key = (
            load_pem_public_key(text.encode()) if "-----BEGIN" in text else load_der_public_key(base64.b64decode(text))
        )
        if not isinstance(key, RSAPublicKey):
            return False
        key.verify(made, words, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def raw_member(text: str, name: str) -> str:
    """The exact letters of one value of a JSON object's first level. Raises ValueError when it is not there."""
    decoder = json.JSONDecoder()
    at = _skip(text, 0)
    if text[at : at + 1] != "{":
        raise ValueError("no object")
    at = _skip(text, at + 1)
    while text[at : at + 1] not in ("}", ""):
        key, at = decoder.raw_decode(text, at)
        at = _skip(text, at)
        if text[at : at + 1] != ":" or not isinstance(key, str):
            raise ValueError("no member")
        begin = _skip(text, at + 1)
        _value, end = decoder.raw_decode(text, begin)
        if key == name:
            return text[begin:end]
        at = _skip(text, end)
        at = _skip(text, at + 1) if text[at : at + 1] == "," else at
    raise ValueError("not there")


def _skip(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\t", "\r", "\n"):
        at += 1
    return at
