"""Every bench in one run, each beside the stock way and the bare limit; a line for each at the end.

``python -m bench`` takes small sizes (about two minutes on two quiet cores), ``--full`` those of each bench itself.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time

SMALL = {
    "imports": ["20000"],
    "ingest": ["--members", "20000", "--orders", "3000", "--naive", "120"],
    "audience": ["--size", "20k"],
    "fanout": ["--size", "20000", "--sample", "200"],
    "identity": [],
    "members": ["--size", "20k"],
    "ledger": ["--members", "20000", "--seconds", "0.5", "--bulk", "20000"],
}


def run(name: str, words: list[str]) -> tuple[int, dict[str, object]]:
    """Run one bench as a process of its own, its words passed on; its exit code and the figures of its last line."""
    figures: dict[str, object] = {}
    with subprocess.Popen(
        [sys.executable, "-u", "-m", f"bench.{name}", *words], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith('{"name"'):
                figures = json.loads(line)["figures"]
            else:
                print(line, end="", flush=True)
    return process.returncode, figures


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--full", action="store_true")
    full = asked.parse_args().full
    print(f"bench   | {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}", flush=True)
    begun, lines, failed = time.monotonic(), [], False
    for name, words in SMALL.items():
        code, figures = run(name, [] if full else words)
        failed = failed or code != 0 or not figures
        lines.append(json.dumps({"name": name.removesuffix("s"), "exit": code, "figures": figures}))
    print(f"bench   | took {time.monotonic() - begun:.0f} s, load average {os.getloadavg()[0]:.1f}; a line for each:")
    print("\n".join(lines))
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
