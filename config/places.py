"""Where the embedded services live: folders, sockets and the account they run as. Looks, never changes anything."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

try:
    import pwd
except ImportError:  # Windows
    pwd = None  # type: ignore[assignment]

ACCOUNTS = ("quanyu", "postgres", "nobody")
SOCKET_LIMIT = 90  # a Unix socket's path holds about 107 bytes, and PostgreSQL adds 16


@dataclass(frozen=True)
class Account:
    """An ordinary account that services run as when root starts them."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Places:
    """Folders of one checkout: ``home`` holds data and socket; ``account`` is None when we are not root."""

    home: Path
    account: Account | None

    @property
    def moved(self) -> bool:
        """True when the data could not stay in the checkout."""
        return self.home.parts[:3] == ("/", "var", "lib")

    @property
    def socket(self) -> Path:
        """The folder of PostgreSQL's socket."""
        inside = self.home / "sock"
        if len(os.fsencode(inside)) <= SOCKET_LIMIT and "," not in str(inside):  # a comma would part two hosts
            return inside
        return Path(tempfile.gettempdir()) / f"quanyu-{key(self.home)}"


def key(folder: Path) -> str:
    """Ten letters that tell one folder from another."""
    return hashlib.sha256(str(folder).encode()).hexdigest()[:10]


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def find_account(*owned: Path) -> Account | None:
    """Who services run as: ourselves when we are not root; else the ordinary owner of these; else an own account."""
    if not is_root() or pwd is None:
        return None
    for path in owned:
        try:
            entry = pwd.getpwuid(path.stat().st_uid)
        except (OSError, KeyError):
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    return None


def reaches(account: Account, path: Path) -> bool:
    """True when the account may enter every existing folder on the way to ``path`` and read its last one."""
    path = path.resolve()
    for folder in [path, *path.parents]:
        try:
            info = folder.stat()
        except FileNotFoundError:
            continue
        except OSError:
            return False
        shift = 6 if info.st_uid == account.uid else 3 if info.st_gid == account.gid else 0
        if not info.st_mode >> shift & 0o001:
            return False
    return True


def places(root: Path) -> Places:
    """Where the data of ``root`` (the checkout's var/postgres) lives for the person who runs this."""
    root = root.resolve()
    account = find_account(root / "data", root.parent.parent)
    if account is None or reaches(account, root):
        return Places(root, account)
    return Places(Path("/var/lib/quanyu") / f"{root.parent.parent.name}-{key(root)}", account)
