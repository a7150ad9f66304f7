"""The throw-away PostgreSQL of a test run. Its migrated tables are made once per set of migrations and kept in var/."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import psutil
import psycopg

from config.embedded import EmbeddedPostgres
from config.places import find_account

ROOT: Final = Path(__file__).parent.parent
PREFIX: Final = "quanyu-test-"
TEMPLATE: Final = "quanyu"  # migrated; the workers' databases are copies of it
KEPT: Final = 3  # clusters, of 60 MB each, for those who go to and fro between branches


def sweep() -> None:
    """Remove what a killed test run left behind."""
    for folder in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        try:
            owner = int((folder / "pid").read_text())
        except (OSError, ValueError):
            continue
        if not psutil.pid_exists(owner):
            shutil.rmtree(folder, ignore_errors=True)


def start() -> tuple[EmbeddedPostgres, Path]:
    """A running cluster with the migrated database `TEMPLATE`, and the folder to remove when it is stopped."""
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    (folder / "pid").write_text(str(os.getpid()))
    if account := find_account():
        os.chown(folder, account.uid, account.gid)
    cluster, kept = EmbeddedPostgres(folder / "pg", durable=False), ROOT / "var" / "test-clusters" / _key()
    if os.access(kept / "PG_VERSION", os.R_OK):  # not so when another account made it
        cluster.data.parent.mkdir(parents=True, exist_ok=True)
        _copy(kept, cluster.data)
        if account:
            subprocess.run(["chown", "-R", f"{account.uid}:{account.gid}", str(cluster.data)], check=True)
    else:
        cluster.start(bound=True)
        _migrate(cluster)
        cluster.stop()
        with contextlib.suppress(OSError, subprocess.CalledProcessError):  # the next run migrates again, no more
            _keep(cluster.data, kept)
    cluster.start(bound=True)
    return cluster, folder


def _key() -> str:
    """Changes with every migration, and with what the lock installs: Django's own tables, PostgreSQL's format."""
    sources = [*sorted(ROOT.glob("*/migrations/*.py")), *sorted((ROOT / "requirements").glob("*.lock"))]
    digest = hashlib.sha256()
    for path in sources:
        digest.update(f"{path.relative_to(ROOT)} {path.stat().st_size}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _migrate(cluster: EmbeddedPostgres) -> None:
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE}")
    lines = "import django; django.setup(); from django.core.management import call_command as call; "
    lines += "call('migrate', verbosity=0); call('createcachetable')"
    given = {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": cluster.url(TEMPLATE)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", lines], cwd=ROOT, env=os.environ | given,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"The migrations do not run on an empty database:\n{done.stderr[-3000:]}")


def _keep(data: Path, kept: Path) -> None:
    """Put a stopped cluster's data away, whole or not at all, and let the oldest go."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    fresh = kept.with_name(f"{kept.name}.{os.getpid()}")
    try:
        _copy(data, fresh)
        fresh.rename(kept)
    finally:  # what is left when the disk is full or another run was faster
        shutil.rmtree(fresh, ignore_errors=True)
    known = sorted(kept.parent.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in known[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    """With owners and modes, which `shutil.copytree` forgets and PostgreSQL insists on."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)
