"""RFC 8291 (the sealed body) and RFC 8292 (who sends it). Pure."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD = 4096  # bytes of the one record


def plain64(text: str) -> bytes:
    """Bytes of base64url without its padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def text64(found: bytes) -> str:
    return base64.urlsafe_b64encode(found).rstrip(b"=").decode()


def private_key(text: str) -> ec.EllipticCurvePrivateKey:
    """A P-256 key out of its 32 bytes in base64url. Raises ValueError."""
    return ec.derive_private_key(int.from_bytes(plain64(text), "big"), ec.SECP256R1())


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public point, uncompressed."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def seal(content: bytes, reader: bytes, auth: bytes, *, own: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """The body for one browser: ``reader`` is its public point. ``own`` and ``salt`` are made for this one message."""
    shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), reader))
    mine = point(own)
    first = HKDF(SHA256(), 32, auth, b"WebPush: info\0" + reader + mine).derive(shared)
    key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(first)
    nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(first)
    head = salt + struct.pack(">IB", RECORD, len(mine)) + mine
    return head + AESGCM(key).encrypt(nonce, content + b"\x02", None)


def vapid(key: ec.EllipticCurvePrivateKey, claims: Mapping[str, object]) -> str:
    """The header ``Authorization``: a token of who sends, signed with ES256."""
    head = text64(b'{"typ":"JWT","alg":"ES256"}')
    words = f"{head}.{text64(json.dumps(claims, separators=(',', ':')).encode())}"
    r, s = decode_dss_signature(key.sign(words.encode(), ec.ECDSA(SHA256())))
    return f"vapid t={words}.{text64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}, k={text64(point(key))}"
