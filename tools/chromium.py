"""Find a Chromium for the browser tests, or install one. ``python -m tools.chromium`` does both.

Order: CHROMIUM_PATH, a chromium on PATH, Playwright's own, Debian's package (as root).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--no-first-run",
]
REASON = (
    "No Chromium was found. Install one (Debian: apt-get install chromium fonts-noto-cjk), "
    "or name yours: CHROMIUM_PATH=/path/to/chromium. `make test` as root installs it by itself."
)


class NoChromium(RuntimeError):
    """There is no browser on this machine; the text says how to get one."""


def find() -> str:
    """The path of a Chromium. Raises NoChromium with what to do."""
    if named := os.environ.get("CHROMIUM_PATH"):
        if Path(named).is_file():
            return named
        raise NoChromium(f"CHROMIUM_PATH={named} is not a file.")
    for name in NAMES:
        if found := shutil.which(name):
            return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    if Path(own).is_file():
        return own
    raise NoChromium(REASON)


def has_chinese_font() -> bool:
    """True when fontconfig knows a font for Chinese."""
    lister = shutil.which("fc-list")
    if not lister:
        return False
    return bool(subprocess.run([lister, ":lang=zh"], capture_output=True, check=False).stdout.strip())


def _apt(*packages: str) -> None:
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run(["apt-get", "-qq", "update"], check=False, **quiet)
    subprocess.run(["apt-get", "-qq", "-y", "--no-install-recommends", "install", *packages], check=False, **quiet)


def ensure() -> str:
    """Find Chromium, installing it where we can. Raises NoChromium."""
    try:
        path = find()
    except NoChromium:
        if os.environ.get("CHROMIUM_PATH"):
            raise
        print("browser | no Chromium yet: trying to install one (once)", file=sys.stderr, flush=True)
        if shutil.which("apt-get") and os.geteuid() == 0:
            _apt("chromium", "fonts-noto-cjk", "fontconfig")
        else:
            command = [sys.executable, "-m", "playwright", "install", "chromium"]
            try:
                subprocess.run(command, check=False, timeout=300, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            except subprocess.TimeoutExpired:
                print("browser | the download did not finish in five minutes", file=sys.stderr)
        path = find()
    if not has_chinese_font():
        _apt("fonts-noto-cjk", "fontconfig")
    return path


if __name__ == "__main__":
    try:
        print(f"browser | {ensure()}", file=sys.stderr)
    except NoChromium as reason:  # the browser tests fail with the same reason
        print(f"browser | {reason}", file=sys.stderr)
