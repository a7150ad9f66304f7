"""The whole of `make up`, and `make down`."""

from __future__ import annotations

import errno
import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError

from config.broker import EmbeddedBroker
from config.embedded import EmbeddedPostgres
from config.processes import ServiceError, alive
from config.processes import stop as stop_process

from . import steps
from .supervisor import Child, Supervisor, clear_orphans, say, this_python

PORTS = 20  # how many ports to try after the wanted one
HEALTHY_IN = 90.0  # seconds


def free_port(host: str, wanted: int) -> int:
    """The wanted port, or the next free one. Raises ServiceError."""
    last = min(wanted + PORTS - 1, 65_535)
    for port in range(wanted, last + 1):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if error.errno in (errno.EADDRINUSE, errno.EACCES):
                    continue
                raise ServiceError(f"HOST={host} is not an address of this machine ({error}).") from error
            return port
    raise ServiceError(f"the ports {wanted} to {last} are all taken or not allowed: give another, make up PORT=9000")


def healthy(host: str, port: int) -> bool:
    """True when the page /healthz says that database and broker answer."""
    line = http.client.HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, port, timeout=2)  # noqa: S104 -- compared
    try:
        line.request("GET", "/healthz", headers={"Host": "localhost"})
        answer = line.getresponse()
        return answer.status == 200 and json.loads(answer.read()).get("status") == "ok"
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        line.close()


class House:
    """One checkout's services and processes."""

    def __init__(self, *, host: str, port: int) -> None:
        self.host, self.wanted = host, port
        self.run = settings.VAR / "run"
        self.cluster = EmbeddedPostgres(settings.EMBEDDED_POSTGRES) if settings.EMBEDDED_POSTGRES else None
        own = not os.environ.get("BROKER_URL")
        self.broker = EmbeddedBroker(settings.VAR / "valkey") if own else None
        self.supervisor: Supervisor | None = None

    # --- one at a time ---------------------------------------------------------------------------------
    def claim(self) -> bool:
        """True when no other `make up` of this checkout runs."""
        self.run.mkdir(parents=True, exist_ok=True)
        self._lock = (self.run / "up.lock").open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        (self.run / "up.json").write_text(json.dumps({"pid": os.getpid(), "born": psutil.Process().create_time()}))
        return True

    def other(self) -> dict[str, object]:
        try:
            return json.loads((self.run / "up.json").read_text())
        except (OSError, ValueError):
            return {}

    # --- up --------------------------------------------------------------------------------------------
    def prepare(self) -> None:
        """All the steps before the first process."""
        steps.check_room(settings.VAR)
        if left := clear_orphans(self.run / "children.json"):
            say("setup", f"stopped what a killed start had left: {', '.join(left)}")
        steps.timed("assets", steps.fetch_assets)
        steps.timed("database", lambda: steps.open_database(self.cluster))
        steps.timed("broker", lambda: steps.open_broker(self.broker))
        steps.timed("data", lambda: steps.start_over(self.cluster))
        steps.timed("database", steps.migrate)
        steps.timed("data", lambda: steps.fill(self.cluster))
        steps.timed("schedule", steps.set_schedule)
        steps.timed("static", steps.collect_static)
        steps.compile_sources()
        steps.forget_connections()

    def launch(self) -> int:
        """Start the web; gives the port."""
        port = free_port(self.host, self.wanted)
        if port != self.wanted:
            say("web", f"port {self.wanted} is taken, using {port}")
        site = os.environ.get("SITE_URL") or f"http://localhost:{port}"
        env = {**os.environ, "SITE_URL": site, "PYTHONUNBUFFERED": "1", "CELERY_SKIP_CHECKS": "1"}
        watch = Supervisor(self.run / "children.json", identity=steps.child_identity(), cwd=settings.BASE_DIR, env=env)
        self.supervisor = watch
        watch.obey_signals()
        watch.add(web(self.host, port))
        return port

    def watch(self, port: int) -> int:
        """Wait for health, start the rest, tell how to get in, keep everything running. Gives the exit code."""
        watch = self.supervisor
        assert watch is not None
        if not watch.until(lambda: healthy(self.host, port), timeout=HEALTHY_IN):
            if watch.stopping:
                return 0
            say("setup", "not healthy: the lines above say why; everything is stopped again")
            return 1
        self._note(port)
        for child in workers():  # after the first page: all starting at once would keep its reader waiting
            watch.add(child)
        while not watch.stopping:
            watch.turn()
            self._revive()
        return 0

    def _note(self, port: int) -> None:
        address = f"http://localhost:{port}/"
        note = {"pid": os.getpid(), "born": psutil.Process().create_time(), "address": address}
        (self.run / "up.json").write_text(json.dumps(note))
        call_command("logins")
        steps.forget_connections()
        say(
            "ready",
            f"{address}  healthy after {time.time() - psutil.Process().create_time():.1f} s; Ctrl-C stops everything",
        )

    def _revive(self) -> None:
        for name, service in (("database", self.cluster), ("broker", self.broker)):
            if service is None or service.process is None or service.process.poll() is None:
                continue
            say(name, f"ended with {service.process.returncode}; starting it again")
            service.process = None
            try:
                service.start()
            except ServiceError as problem:
                say(name, str(problem))
                time.sleep(1)

    def close(self) -> None:
        """Children first, the broker next, PostgreSQL last."""
        begun = time.monotonic()
        if self.supervisor:
            self.supervisor.stop()
        if self.broker:
            self.broker.stop()
        if self.cluster:
            self.cluster.stop()
        (self.run / "up.json").unlink(missing_ok=True)
        say("stopped", f"everything, in {time.monotonic() - begun:.1f} s")


def web(host: str, port: int) -> Child:
    """What answers pages and the API."""
    words = ["-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--workers", "2"]
    words += [
        "--blocking-threads",
        "4",
        "--log-level",
        "warning",
        "--respawn-failed-workers",
        "config.wsgi:application",
    ]
    return Child("web", this_python(*words), grace=15)


def workers() -> list[Child]:
    """What runs beside the web. Long work has a worker of its own, so that receipts never wait for it."""
    worker = ["-m", "celery", "-q", "-A", "config", "worker", "--loglevel", "WARNING"]
    worker += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    beat = ["-m", "celery", "-q", "-A", "config", "beat", "--loglevel", "WARNING", "--pidfile=", "--max-interval", "5"]
    return [
        Child("beat", this_python(*beat), grace=10),
        Child("worker", this_python(*worker, "-c", "2", "-n", "worker@%h", "-Q", "counter,reaction")),
        Child("bulk", this_python(*worker, "-c", "1", "-n", "bulk@%h", "-Q", "bulk")),
        Child("audience", this_python("manage.py", "audience_writer"), grace=10),
        Child("sending", this_python(*worker, "-c", "2", "-n", "sending@%h", "-Q", "sending")),
    ]


def up(*, host: str, port: int) -> int:
    """Run until told to stop. Gives the exit code; every failure is one line that says what to do."""
    house = House(host=host, port=port)
    try:
        if not house.claim():
            other = house.other()
            say("setup", f"this checkout is already up: {other.get('address', 'starting')} (pid {other.get('pid')})")
            say("setup", "stop it with Ctrl-C there, or with `make down`")
            return 0
    except OSError as error:
        say("setup", advice(error))
        return 1
    code = 1
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # until the supervisor listens
        house.prepare()
        code = house.watch(house.launch())
    except ServiceError as problem:
        say("setup", str(problem))
    except (DatabaseError, psycopg.Error) as problem:
        say("database", explain(problem, house.cluster))
    except OSError as error:
        say("setup", advice(error))
    except KeyboardInterrupt:
        say("setup", "interrupted")
        code = 130
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        house.close()
    return code


def explain(problem: Exception, cluster: EmbeddedPostgres | None) -> str:
    """What to do when the database does not do its work; ``cluster``: the embedded one, if it is that."""
    words = cluster.last_words() if cluster else ""
    if isinstance(problem.__cause__ or problem, psycopg.errors.DiskFull) or "No space left" in words:
        return "the database's disk is full: make room, then run the same command again"
    hint = f"its words are in {cluster.log}" if cluster else "check DATABASE_URL and that its server runs"
    return f"{type(problem).__name__}: {str(problem).strip()}: {hint}, then run the same command again"


def advice(error: OSError) -> str:
    """What to do about a system error."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full ({error.filename or settings.VAR}): make room, then run the same command again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"{error.filename} may not be written ({error.strerror}). If root or somebody else started Quanyu here "
            "before: run as that person, or delete var/, or use QUANYU_VAR=/another/folder."
        )
    return f"{error}"


def down() -> int:
    """Stop a running `make up` of this checkout, and what a killed one left."""
    house = House(host="127.0.0.1", port=0)
    note = house.other()
    running = alive(int(str(note.get("pid", 0))), "up")
    if running and abs(running.create_time() - float(str(note.get("born", 0)))) < 1:
        stop_process(running, (signal.SIGTERM, 60), (signal.SIGKILL, 5))
    left = clear_orphans(house.run / "children.json")
    for service in (house.broker, house.cluster):
        if service and service.running():
            service.stop()
            left.append(type(service).__name__)
    (house.run / "up.json").unlink(missing_ok=True)
    say("stopped", "everything" if running or left else "nothing was running")
    return 0


def with_database(words: list[str]) -> int:
    """Run one command while the checkout's database is up; stop it afterwards if this call started it."""
    cluster = EmbeddedPostgres(settings.EMBEDDED_POSTGRES) if settings.EMBEDDED_POSTGRES else None
    started = False
    try:
        if cluster:
            started = cluster.start()
            cluster.ensure_database(settings.DATABASES["default"]["NAME"])
        steps.timed("database", steps.migrate)
        steps.forget_connections()
        command = words if words[:1] == ["-m"] else [str(Path(settings.BASE_DIR) / "manage.py"), *words]
        return subprocess.run([sys.executable, *command], check=False).returncode
    except ServiceError as problem:
        say("database", str(problem))
        return 1
    except (DatabaseError, psycopg.Error) as problem:
        say("database", explain(problem, cluster))
        return 1
    except OSError as error:
        say("database", advice(error))
        return 1
    finally:
        if cluster and started:
            cluster.stop()
