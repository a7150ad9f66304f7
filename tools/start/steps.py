"""The steps between an empty checkout and a running chain; each is skipped when its inputs did not change."""

from __future__ import annotations

import compileall
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command, get_commands
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from kombu import Connection
from kombu.exceptions import OperationalError as BrokerError

from config.broker import EmbeddedBroker
from config.embedded import EmbeddedPostgres
from config.places import find_account, reaches
from config.processes import ServiceError, hand_over, reading_all
from tools import assets

from .supervisor import Identity, say

ROOM = 700 * 1024 * 1024  # bytes that a first start writes
LEAST = 100 * 1024 * 1024  # bytes that a later start needs for logs and write-ahead log
OLDEST = 15  # PostgreSQL


def timed(who: str, work: Callable[[], str]) -> None:
    """Run one step and say what it did, with its seconds; a step that did nothing stays silent."""
    begun = time.monotonic()
    if text := work():
        say(who, f"{text} ({time.monotonic() - begun:.1f} s)")


def check_room(var: Path) -> None:
    """Raises ServiceError when the disk is nearly full."""
    var.mkdir(parents=True, exist_ok=True)
    needed = LEAST if (Path(settings.STATIC_ROOT) / ".stamp").exists() else ROOM
    free = shutil.disk_usage(var).free
    if free < needed:
        raise ServiceError(
            f"the disk of {var} has {free // 1024**2} MB left, about {needed // 1024**2} MB are needed: make room, "
            "or put the data elsewhere with QUANYU_VAR=/another/folder."
        )


def fetch_assets() -> str:
    try:
        return "style sheets, scripts and icons copied" if assets.ensure() else ""
    except assets.NoAssets as problem:
        raise ServiceError(str(problem)) from problem


def open_database(cluster: EmbeddedPostgres | None) -> str:
    """Start the embedded server and make the database; or try the one that DATABASE_URL names."""
    if cluster is None:
        return _look_at_database()
    started = cluster.start()
    cluster.ensure_database(settings.DATABASES["default"]["NAME"])
    where = f", data in {cluster.home}: an ordinary account cannot reach this folder" if cluster.places.moved else ""
    who = f" as {cluster.account.name}" if cluster.account else ""
    return f"PostgreSQL {'started' if started else 'was still running and is taken over'}{who}{where}"


def _look_at_database() -> str:
    """The database of DATABASE_URL must be new enough, and ours or empty. Raises ServiceError or DatabaseError."""
    connection.ensure_connection()
    if (version := connection.connection.info.server_version // 10_000) < OLDEST:
        raise ServiceError(
            f"the server of DATABASE_URL is PostgreSQL {version}, {OLDEST} or newer is needed: name another, or start "
            "without DATABASE_URL to use the embedded one."
        )
    tables = connection.introspection.table_names()
    applied = {app for app, _name in MigrationRecorder(connection).applied_migrations()}
    if tables and (not applied or applied - {app.label for app in apps.get_app_configs()}):
        raise ServiceError(
            f"the database {settings.DATABASES['default']['NAME']!r} of DATABASE_URL holds somebody else's tables "
            f"({', '.join(tables[:3])}): make an empty one (CREATE DATABASE quanyu) and name that."
        )
    return "the PostgreSQL of DATABASE_URL answers"


def _look_at_broker() -> str:
    """Raises ServiceError when nothing answers at BROKER_URL."""
    try:
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=3) as line:
            line.ensure_connection(max_retries=1, interval_start=0, timeout=5)
    except (BrokerError, OSError, KeyError, ValueError, ImportError) as error:
        raise ServiceError(
            f"the broker of BROKER_URL cannot be used ({type(error).__name__}: {error}): check its address, its "
            "password and that it runs, or start without BROKER_URL to use the embedded one."
        ) from error
    return "the broker of BROKER_URL answers"


def open_broker(broker: EmbeddedBroker | None) -> str:
    if broker is None:
        return _look_at_broker()
    return "broker started" if broker.start() else "broker was still running and is taken over"


def migrate() -> str:
    """Apply what is new."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return ""
    call_command("migrate", interactive=False, verbosity=0)
    return f"{len(plan)} migrations applied"


def set_schedule() -> str:
    if "schedule" in get_commands():
        call_command("schedule", verbosity=0)
    return ""


def filling() -> Path:
    """This file exists while the database is being filled, and after that was cut short."""
    return settings.VAR / "run" / f"filling-{settings.DATABASES['default']['NAME']}"


def start_over(cluster: EmbeddedPostgres | None) -> str:
    """A database whose filling was cut short is made anew; one that DATABASE_URL names is never dropped."""
    if not filling().exists():
        return ""
    if cluster is None:
        raise ServiceError(
            "the last start was stopped while it filled the database of DATABASE_URL: empty that database, "
            f"delete {filling()}, then start again."
        )
    connections.close_all()
    cluster.drop_database(settings.DATABASES["default"]["NAME"])
    cluster.ensure_database(settings.DATABASES["default"]["NAME"])
    filling().unlink()
    return "the last start was stopped while it filled the database: made anew"


def fill(cluster: EmbeddedPostgres | None) -> str:
    """Fill an empty database: the demo chain, the real one with CHAIN=journey, nothing with CHAIN=empty."""
    if settings.CHAIN == "empty":
        return ""
    command = "journey" if settings.CHAIN == "journey" else "demo"
    if command not in get_commands() or apps.get_model("stores", "Store")._default_manager.exists():
        return ""
    say("data", f"filling the empty database: manage.py {command}")
    filling().touch()
    call_command(command)
    if cluster:
        with connection.cursor() as cursor:
            cursor.execute("CHECKPOINT")  # else a crash soon after would replay the whole filling at the next start
    filling().unlink()
    return "done"


def _static_inputs() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            info = os.stat(storage.path(path))
            digest.update(f"{path}:{info.st_size}:{info.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def collect_static() -> str:
    """Gather, hash and compress the static files."""
    stamp, inputs = Path(settings.STATIC_ROOT) / ".stamp", _static_inputs()
    if stamp.exists() and stamp.read_text() == inputs:
        return ""
    shutil.rmtree(settings.STATIC_ROOT, ignore_errors=True)
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["axe.min.js", "icons.txt"])
    stamp.write_text(inputs)
    return "static files gathered and compressed"


def compile_sources() -> None:
    """Compile our modules once, before six processes read them: an ordinary account may not write there."""
    for app in apps.get_app_configs():
        if Path(app.path).is_relative_to(settings.BASE_DIR) and not Path(app.path).is_relative_to(sys.prefix):
            compileall.compile_dir(app.path, quiet=2)
    compileall.compile_dir(settings.BASE_DIR / "config", quiet=2)


def child_identity() -> Identity:
    """Who web, workers and clock run as: ourselves, or an ordinary account when root starts them."""
    account = find_account(settings.VAR / "postgres" / "data", settings.BASE_DIR)
    if account is None:
        return Identity()
    needed = [settings.BASE_DIR / "manage.py", Path(sys.prefix) / "bin", Path(sys.executable).resolve(), settings.VAR]
    prefix: list[str] | None = []
    if not all(reaches(account, path) for path in needed):
        prefix = reading_all(account)
    if prefix is None:
        say("setup", f"web and workers run as root: {account.name} cannot read this folder or its Python.")
        say("setup", "  Better: start as an ordinary user, or keep the checkout where others may read, as /srv/quanyu.")
        return Identity()
    for folder in (settings.VAR, settings.VAR / "run", Path(settings.MEDIA_ROOT), Path(settings.AUDIENCE_ROOT).parent):
        hand_over(folder, account)
    if (key := settings.VAR / "secret_key").exists() and key.stat().st_uid == 0:
        os.chown(key, account.uid, account.gid)
    say("setup", f"web and workers run as {account.name}")
    return Identity(None, tuple(prefix)) if prefix else Identity(account)


def forget_connections() -> None:
    """Processes that are started next make their own."""
    connections.close_all()
