"""Safe mode: AES-256-CBC around random bytes, length, message and the receiver's id. Pure."""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from collections.abc import Iterable

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ..hearing import Malformed

BLOCK = 32  # bytes of WeChat's padding


def key_of(aes_key: str) -> bytes:
    """The 32 bytes of an EncodingAESKey of 43 letters. Raises Malformed."""
    try:
        key = base64.b64decode(aes_key + "=", validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("the AES key is no base64") from None
    if len(key) != 32:
        raise Malformed("the AES key is not 43 letters long")
    return key


def encrypt(message: bytes, aes_key: str, receiver: str, *, random: bytes) -> str:
    """The ``Encrypt`` text; ``random`` is 16 bytes."""
    key = key_of(aes_key)
    plain = random + struct.pack(">I", len(message)) + message + receiver.encode()
    fill = BLOCK - len(plain) % BLOCK
    box = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(box.update(plain + bytes([fill]) * fill) + box.finalize()).decode()


def decrypt(text: str, aes_keys: Iterable[str], receiver: str) -> bytes:
    """The message, with whichever live key opens it. Raises Malformed, also when it is for another receiver."""
    try:
        sealed = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("Encrypt is no base64") from None
    if not sealed or len(sealed) % 16:
        raise Malformed("Encrypt has a wrong length")
    for aes_key in aes_keys:
        if (found := _opened(sealed, key_of(aes_key), receiver)) is not None:
            return found
    raise Malformed("Encrypt cannot be opened")


def _opened(sealed: bytes, key: bytes, receiver: str) -> bytes | None:
    box = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    padded = box.update(sealed) + box.finalize()
    fill = padded[-1]
    if not 1 <= fill <= BLOCK or padded[-fill:] != bytes([fill]) * fill:
        return None
    plain = padded[:-fill]
    if len(plain) < 20:
        return None
    end = 20 + struct.unpack(">I", plain[16:20])[0]
    if end > len(plain) or not hmac.compare_digest(plain[end:], receiver.encode()):
        return None
    return plain[20:end]
