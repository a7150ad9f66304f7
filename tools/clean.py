"""Delete what this checkout made at run time: database, uploads, assets. ``make clean``."""

from __future__ import annotations

import shutil

from config.places import places
from tools.assets import var

if __name__ == "__main__":
    for name in ("postgres", "valkey"):
        moved = places(var() / name)
        if moved.moved:
            shutil.rmtree(moved.home, ignore_errors=True)
    shutil.rmtree(var(), ignore_errors=True)
    print(f"deleted | {var()}")
