"""Which app server: granian or gunicorn? Requests per second and waiting on two pages of a running chain.

``make bench-webserver``. Two workers of four threads each, eight callers, one after the other on this machine.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import django
import psutil

from tools.start import steps
from tools.start.up import free_port

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
ROOT = Path(__file__).resolve().parent.parent
CALLERS = 8
SECONDS = float(os.environ.get("SECONDS_EACH", "6"))
PAGES = {"health": "/healthz", "sign-in": "/accounts/login/"}


def servers(port: int) -> dict[str, list[str]]:
    python = [sys.executable, "-m"]
    bind = ["--host", "127.0.0.1", "--port", str(port), "--workers", "2", "--blocking-threads", "4"]
    return {
        "granian": [*python, "granian", "--interface", "wsgi", *bind, "--no-log", "config.wsgi:application"],
        "gunicorn": [*python, "gunicorn", "-b", f"127.0.0.1:{port}", "-w", "2", "--threads", "4", "config.wsgi"],
    }


def answers(port: int) -> bool:
    """True when /healthz says 200 (the broker may be away: it takes no part)."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        line.request("GET", "/healthz", headers={"Host": "localhost"})
        return line.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def wait(port: int) -> None:
    """Until a page comes back: a listening port alone does not mean that workers are there."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if answers(port):
            return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")


def call(port: int, path: str, until: float, took: list[float], wrong: list[int]) -> None:
    """One caller with one kept connection."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    while (begun := time.perf_counter()) < until:
        line.request("GET", path, headers={"Host": "localhost"})
        answer = line.getresponse()
        answer.read()
        took.append(time.perf_counter() - begun)
        if answer.status != 200:
            wrong.append(answer.status)
    line.close()


def press(port: int, path: str) -> tuple[float, str]:
    """Requests a second, and all that is worth a line."""
    took: list[float] = []
    wrong: list[int] = []
    until = time.perf_counter() + SECONDS
    callers = [threading.Thread(target=call, args=(port, path, until, took, wrong)) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    cuts = statistics.quantiles(took, n=100)
    return len(took) / SECONDS, (
        f"{len(took) / SECONDS:7,.0f} requests/s  p50 {cuts[49] * 1000:6.1f} ms  p99 {cuts[98] * 1000:6.1f} ms  "
        f"{len(wrong)} wrong {sorted(set(wrong)) or ''}"
    )


def main() -> None:
    """Each server, each page; the last column is the memory of all its processes."""
    django.setup()
    steps.collect_static()
    port = free_port("127.0.0.1", 8600)
    found: dict[str, dict[str, float]] = {}
    for name, command in servers(port).items():
        quiet = subprocess.DEVNULL
        server = subprocess.Popen(command, cwd=ROOT, stdout=quiet, stderr=quiet, start_new_session=True)
        try:
            wait(port)
            press(port, "/healthz")  # warm
            found[name] = {}
            for page, path in PAGES.items():
                found[name][page], line = press(port, path)
                print(f"{name:<9} {page:<8} {line}", flush=True)
            family = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
            print(f"{name:<9} memory   {sum(p.memory_info().rss for p in family) / 1024**2:7,.0f} MB in {len(family)}")
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(20)
    ours, other = found["granian"], found["gunicorn"]
    figures = {
        "sign_in_per_s": round(ours["sign-in"]), "vs_gunicorn": round(ours["sign-in"] / other["sign-in"], 2),
        "vs_gunicorn_health": round(ours["health"] / other["health"], 2),
    }  # fmt: skip
    print(json.dumps({"name": "webserver", "figures": figures}))


if __name__ == "__main__":
    main()
