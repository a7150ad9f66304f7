"""Children are restarted, stopped, and found again after the supervisor was killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tools.start.supervisor import Child, Identity, Supervisor, clear_orphans

ROOT = Path(__file__).resolve().parents[2]
SLEEP = [sys.executable, "-S", "-c", "import time; print('here', flush=True); time.sleep(60)"]
STUBBORN = [
    sys.executable, "-S", "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
]  # fmt: skip


@pytest.fixture
def watch(tmp_path):
    made = Supervisor(tmp_path / "children.json", identity=Identity(), cwd=tmp_path, env=dict(os.environ))
    yield made
    made.stop()


def gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_child_that_is_killed_is_started_again(watch, capsys):
    child = Child("web", SLEEP)
    watch.add(child)
    first = child.process.pid
    os.kill(first, signal.SIGKILL)
    assert watch.until(lambda: child.running and child.process.pid != first, timeout=10)
    assert "web     | ended with -9; starting it again in 0.5 s" in capsys.readouterr().out


def test_a_child_that_keeps_ending_is_tried_ever_more_slowly(watch, capsys):
    child = Child("web", [sys.executable, "-S", "-c", "raise SystemExit(3)"])
    watch.add(child)
    assert watch.until(lambda: child.failures == 3, timeout=15)
    said = capsys.readouterr().out
    assert [f"in {pause} s (failure {n})" in said for n, pause in ((1, "0.5"), (2, "1"), (3, "2"))] == [True] * 3


def test_helpers_of_a_killed_child_do_not_keep_its_port(watch, tmp_path):
    note = tmp_path / "helper"
    script = (
        "import pathlib, subprocess, sys, time\n"
        "helper = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)'])\n"
        f"pathlib.Path({str(note)!r}).write_text(str(helper.pid)); time.sleep(60)"
    )
    child = Child("web", [sys.executable, "-S", "-c", script])
    watch.add(child)
    assert watch.until(lambda: note.exists() and bool(note.read_text()), timeout=10)
    helper = int(note.read_text())
    os.kill(child.process.pid, signal.SIGKILL)
    assert watch.until(lambda: child.failures == 1, timeout=10)
    assert watch.until(lambda: gone(helper), timeout=5)


def test_stopping_ends_children_that_do_not_listen(watch, capsys):
    child = Child("bulk", STUBBORN, grace=0.5)
    watch.add(child)
    watch.until(lambda: "deaf" in capsys.readouterr().out, timeout=10)
    pid = child.process.pid
    watch.stop()
    assert gone(pid)
    assert not watch.record.exists()


def killed_supervisor(folder, *, with_parent_death=True):
    """Run a supervisor with one child, kill -9 it, and give the child's pid."""
    script = (
        "import os, signal, sys, time; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path; import tools.start.supervisor as s\n"
        f"{'' if with_parent_death else 's.dies_with_parent = lambda number: None'}\n"
        "folder = Path(sys.argv[2])\n"
        "w = s.Supervisor(folder / 'children.json', identity=s.Identity(), cwd=folder, env=dict(os.environ))\n"
        "c = s.Child('web', [sys.executable, '-S', '-c', 'import time; time.sleep(60)']); w.add(c)\n"
        "print(c.process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(ROOT), str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells children of their parent's death on Linux only")
def test_children_end_when_the_supervisor_is_killed(tmp_path):
    pid = killed_supervisor(tmp_path)
    deadline = time.monotonic() + 10
    while not gone(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert gone(pid)


def test_orphans_of_a_killed_supervisor_are_found_and_stopped(tmp_path):
    pid = killed_supervisor(tmp_path, with_parent_death=False)
    assert not gone(pid)
    assert clear_orphans(tmp_path / "children.json") == ["web"]
    assert gone(pid)
    assert clear_orphans(tmp_path / "children.json") == []


def test_a_pid_that_was_given_to_somebody_else_is_left_alone(tmp_path):
    stranger = subprocess.Popen(SLEEP, stdout=subprocess.DEVNULL, start_new_session=True)
    born = psutil.Process(stranger.pid).create_time()
    (tmp_path / "children.json").write_text(json.dumps([{"name": "web", "pid": stranger.pid, "born": born - 3600}]))
    assert clear_orphans(tmp_path / "children.json") == []
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()
