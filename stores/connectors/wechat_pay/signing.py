"""RSA signatures of WeChat Pay v3, both ways. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

PROBE = "WECHATPAY/SIGNTEST/"  # signatures that are wrong on purpose, to see whether we look
BLOCK = re.compile(r"(?:(PUB_KEY_ID_\w+)\s+)?(-----BEGIN (CERTIFICATE|PUBLIC KEY)-----.*?-----END \3-----)", re.DOTALL)


@dataclass(frozen=True)
class Merchant:
    """Who signs: ``kind`` is ``mchid`` for a merchant and ``brand_id`` for a brand."""

    id: str
    serial: str
    kind: str = "mchid"

    @property
    def scheme(self) -> str:
        return "WECHATPAY-BRAND-SHA256-RSA2048" if self.kind == "brand_id" else "WECHATPAY2-SHA256-RSA2048"


def sign(private_key: str, words: bytes) -> str:
    """Base64 of the RSA signature. Raises ValueError for a key that is none."""
    key = load_pem_private_key(private_key.encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("not an RSA key")
    return base64.b64encode(key.sign(words, PKCS1v15(), SHA256())).decode()


def authorization(
    merchant: Merchant, private_key: str, *, method: str, target: str, at: int, nonce: str, body: bytes
) -> str:
    """The header ``Authorization``; ``target`` is the path with its query."""
    words = f"{method}\n{target}\n{at}\n{nonce}\n".encode() + body + b"\n"
    return (
        f'{merchant.scheme} {merchant.kind}="{merchant.id}",nonce_str="{nonce}",signature="{sign(private_key, words)}",'
        f'timestamp="{at}",serial_no="{merchant.serial}"'
    )


def read_keys(text: str) -> dict[str, RSAPublicKey]:
    """The platform's keys by serial: certificates name themselves, a public key's id stands before it.

    Raises ValueError for a text that holds none.
    """
    found: dict[str, RSAPublicKey] = {}
    for name, pem, kind in BLOCK.findall(text):
        if kind == "CERTIFICATE":
            certificate = load_pem_x509_certificate(pem.encode())
            name, key = f"{certificate.serial_number:X}", certificate.public_key()
        else:
            key = load_pem_public_key(pem.encode())
        if name and isinstance(key, RSAPublicKey):
            found[name] = key
    if not found:
        raise ValueError("no key with a serial")
    return found


def is_genuine(keys: Mapping[str, RSAPublicKey], serial: str, signature: str, at: str, nonce: str, body: bytes) -> bool:
    """Whether the platform signed this body; a probe is not genuine."""
    key = keys.get(serial) or keys.get(serial.upper().lstrip("0"))
    if key is None or signature.startswith(PROBE):
        return False
    try:
        made = base64.b64decode(signature, validate=True)
        key.verify(made, f"{at}\n{nonce}\n".encode() + body + b"\n", PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
