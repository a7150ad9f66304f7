"""ACS3-HMAC-SHA256, as Aliyun signs its newer interfaces. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import quote

METHOD = "ACS3-HMAC-SHA256"


def query_of(words: Mapping[str, str]) -> str:
    """The sorted query as it is signed and sent."""
    return "&".join(f"{quote(name, safe='-_.~')}={quote(words[name], safe='-_.~')}" for name in sorted(words))


def sign(secret: str, verb: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> tuple[str, str]:
    """(signed header names, signature); ``headers`` have small names and hold all that is signed."""
    names = sorted(name for name in headers if name.startswith("x-acs-") or name in ("host", "content-type"))
    signed = ";".join(names)
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    request = f"{verb}\n{path}\n{query}\n{lines}\n{signed}\n{sha256(body).hexdigest()}"
    words = f"{METHOD}\n{sha256(request.encode()).hexdigest()}"
    return signed, hmac.new(secret.encode(), words.encode(), sha256).hexdigest()


def authorization(
    key_id: str, secret: str, verb: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> str:
    """The header ``Authorization``."""
    signed, signature = sign(secret, verb, path, query, headers, body)
    return f"{METHOD} Credential={key_id},SignedHeaders={signed},Signature={signature}"
