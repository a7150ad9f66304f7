"""Everything that must hold besides the tests. ``make check``; ``--fix`` lets the formatters mend what they can."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = [sys.executable, "-m"]
CODE = [
    "config",
    "web",
    "campaigns",
    "segments",
    "loyalty",
    "members",
    "stores",
    "tools",
    "tests",
    "bench",
    "manage.py",
]
TYPED = ("rules", "services", "queries")
PRODUCTION = {
    "DEBUG": "0",
    "DEMO": "0",
    "SITE_URL": "https://members.example.com",
    "ALLOWED_HOSTS": "members.example.com",
    "SECRET_KEY": "only-for-the-deploy-checks-" + "0123456789abcdefghij" * 3,
}


def templates() -> list[str]:
    folders = [
        ROOT / "templates",
        *(ROOT / app for app in ("web", "campaigns", "segments", "loyalty", "members", "stores")),
    ]
    return [str(p.relative_to(ROOT)) for folder in folders for p in sorted(folder.rglob("*.html"))]


def typed() -> list[str]:
    """The middle of each app: rules, services, queries, and the rooms beside them."""
    found = []
    for app in ("campaigns", "segments", "loyalty", "members", "stores"):
        found += [str((ROOT / app / room).relative_to(ROOT)) for room in TYPED if (ROOT / app / room).is_dir()]
    return found


def commands() -> dict[str, list[str]]:
    """Each check by its name, in the order of speed."""
    code = [path for path in CODE if (ROOT / path).exists()]
    checks = {
        "ruff": [*PYTHON, "ruff", "check", "--quiet", *code],
        "format": [*PYTHON, "ruff", "format", "--check", "--quiet", *code],
        "contracts": [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command as c; c()",
            "--no-cache",
        ],
        "migrations": [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
        "messages": [*PYTHON, "tools.messages"],
        "deploy": [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        "types": [*PYTHON, "mypy", *typed()],
    }
    if html := templates():
        checks["djade"] = [str(Path(sys.executable).with_name("djade")), "--check", "--target-version", "5.2", *html]
        checks["djhtml"] = [*PYTHON, "djhtml", "--check", "--tabwidth", "2", *html]
    return checks


def fixes() -> dict[str, list[str]]:
    code = [path for path in CODE if (ROOT / path).exists()]
    html = templates()
    return {
        "ruff": [*PYTHON, "ruff", "check", "--quiet", "--fix", *code],
        "format": [*PYTHON, "ruff", "format", "--quiet", *code],
        "djade": [str(Path(sys.executable).with_name("djade")), "--target-version", "5.2", *html],
        "djhtml": [*PYTHON, "djhtml", "--tabwidth", "2", *html],
    }


def run(name: str, command: list[str]) -> bool:
    """Run one check; its words are shown only when it fails."""
    begun = time.monotonic()
    env = {**os.environ, **(PRODUCTION if name == "deploy" else {})}
    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    good = done.returncode == 0
    print(f"{name:<11}| {'ok' if good else 'FAILED'} ({time.monotonic() - begun:.1f} s)", flush=True)
    if not good:
        print((done.stdout + done.stderr).rstrip(), flush=True)
    return good


def main(words: list[str]) -> int:
    """The command line: names choose some of the checks."""
    fixing = "--fix" in words
    chosen = [word for word in words if not word.startswith("-")]
    todo = fixes() if fixing else commands()
    results = [run(name, command) for name, command in todo.items() if not chosen or name in chosen]
    if fixing:
        return 0
    print(f"{sum(results)} of {len(results)} checks hold")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
