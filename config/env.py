"""Typed reads of the environment. A wrong value stops the start with the variable's name and what to do."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """The variable's text, stripped, or the default when it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    """A yes or no: 1/true/yes/on or 0/false/no/off."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    word = raw.strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise ImproperlyConfigured(f"{name}={raw!r} is neither yes nor no: set {name}=1 or {name}=0.")


def number(name: str, default: int, *, at_least: int = 0) -> int:
    """A whole number, not below ``at_least``."""
    raw = text(name)
    if not raw:
        return default
    try:
        value = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={raw!r} is not a whole number: set for example {name}={default}.") from None
    if value < at_least:
        raise ImproperlyConfigured(f"{name}={value} is too small: the least is {at_least}.")
    return value


def listed(name: str, default: list[str]) -> list[str]:
    """Words separated by commas."""
    raw = text(name)
    return [word.strip() for word in raw.split(",") if word.strip()] if raw else default


def secret(name: str, *, file: Path) -> str:
    """The variable, or a secret that is made once and kept in ``file`` (readable by its owner only)."""
    if value := text(name):
        if len(value) < 32:
            raise ImproperlyConfigured(f"{name} is shorter than 32 characters: set a long random text.")
        return value
    if not file.exists():
        try:
            _keep(file)
        except OSError as error:
            raise ImproperlyConfigured(
                f"{file} cannot be written ({error.strerror}): make room there and let this account write, "
                f"or put everything elsewhere with QUANYU_VAR=/another/folder."
            ) from error
    return _kept(name, file)


def _keep(file: Path) -> None:
    """Make the secret whole or not at all; of two starts at once the first one's counts."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, half = tempfile.mkstemp(prefix=f"{file.name}.", dir=file.parent)  # readable by its owner only
    try:
        with os.fdopen(handle, "w") as out:
            out.write(secrets.token_urlsafe(48))
        try:
            os.link(half, file)
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            os.replace(half, file)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(half)


def _kept(name: str, file: Path) -> str:
    try:
        value = file.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{file} cannot be read ({error}): set {name}, or run as the person who started Quanyu first."
        ) from error
    if len(value) < 32:
        raise ImproperlyConfigured(f"{file} is damaged: delete it (everybody signs in again), or set {name}.")
    return value


def database(name: str, url: str) -> dict[str, Any]:
    """Django's settings from postgresql://user:password@host:port/database?option=value.

    A Unix socket is given as ``?host=/folder``, as libpq does.
    """
    try:
        parts = urlsplit(url)
        port = str(parts.port or "")
    except ValueError:  # no number after the colon, or half an IPv6 address
        parts, port = urlsplit(""), ""
    if parts.scheme not in {"postgres", "postgresql"} or len(parts.path) < 2:
        raise ImproperlyConfigured(
            f"{name} is not a PostgreSQL address: set {name}=postgresql://user:password@host:5432/database "
            "(signs such as @ : / in a password are written %40 %3A %2F)."
        )
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": options.pop("port", port),
        "OPTIONS": options,
    }
