"""The one command, for real: healthy, restarting, stopping, and taking over after kill -9 of everything."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tools import assets
from tools.start.supervisor import session_of

from .houses import ROOT, Started, well


@pytest.fixture
def var(room):
    assets.ensure()
    shutil.copytree(assets.var() / "assets", room / "assets")
    yield room
    subprocess.run(
        [sys.executable, "manage.py", "down"], cwd=ROOT, check=True, capture_output=True,
        env={k: v for k, v in os.environ.items() if k != "PYTEST_VERSION"} | {"QUANYU_VAR": str(room)},
    )  # fmt: skip


def ours(var: Path) -> list[psutil.Process]:
    """Every process that holds this room's name in its words or belongs to a session of its children."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(var) in " ".join(process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.slow
@pytest.mark.row("000-31")
def test_up_gets_healthy_revives_its_children_and_takes_over_after_everything_was_killed(var):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        first = Started(var, port)
        address = first.ready()
        assert f"port {port} is taken, using {port + 1}" in first.said()
        assert well(address)
        gathered = json.loads((var / "static" / "staticfiles.json").read_text())["paths"]
        assert {"tabler.min.css", "weui.min.css", "icons.svg"} <= gathered.keys(), (
            "the first start has its style sheets"
        )

    second = Started(var, port + 5)
    assert second.process.wait(60) == 0
    assert f"already up: {address}" in second.said()

    worker = first.child("worker")
    os.kill(worker, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while first.child("worker") == worker and time.monotonic() < deadline:
        time.sleep(0.2)
    assert first.child("worker") != worker

    sessions = {first.child(name) for name in ("beat", "web", "worker", "bulk", "sending")}
    os.kill(first.process.pid, signal.SIGKILL)
    first.process.wait()
    for process in [*ours(var), *(p for p in psutil.process_iter() if session_of(p) in sessions)]:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue

    third = Started(var, port + 5)
    assert well(third.ready())
    third.process.send_signal(signal.SIGTERM)
    assert third.process.wait(60) == 0
    assert "stopped | everything" in third.said()
    psutil.wait_procs(ours(var), timeout=5)
    assert ours(var) == []
