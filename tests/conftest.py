"""What every test stands on: a throw-away PostgreSQL of its own, no network, a clean language, a browser."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest

from config import env
from tests import clusters
from tools.messages import compile_changed

URL, COPIED = "TEST_DATABASE_URL", "TEST_DATABASE_TEMPLATE"
NO_DATABASE = {"rules", "start"}  # folders whose tests never ask the database

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in the thread of the test


# --- the database --------------------------------------------------------------------------------------
def pytest_configure(config: pytest.Config) -> None:
    """One cluster for this invocation; the workers of xdist inherit its address."""
    if config.option.collectonly or config.option.help:
        return
    compile_changed()
    if not os.environ.get(URL):
        cluster, folder = clusters.start()
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        config.add_cleanup(cluster.stop)
        ours = {URL: cluster.url(clusters.TEMPLATE), COPIED: clusters.TEMPLATE}
        os.environ.update(ours)
        config.add_cleanup(lambda: [os.environ.pop(name, None) for name in ours])
    refuse_network()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test may use the database, except those of pure rules."""
    for item in items:
        parts = item.path.relative_to(Path(__file__).parent).parts
        if not NO_DATABASE.intersection(parts) and not item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.django_db)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Point Django at the throw-away cluster before its test database is made."""
    from django.db import connections  # noqa: PLC0415 -- settings must be loaded first

    given = env.database(URL, os.environ[URL])
    held = connections["default"].settings_dict
    held.update({word: given[word] for word in ("USER", "PASSWORD", "HOST", "PORT")})
    held["CONN_MAX_AGE"] = 0
    held["TEST"]["TEMPLATE"] = os.environ.get(COPIED)


@pytest.fixture(scope="session", autouse=True)
def _quick_emptying():
    """Let tests that commit leave their tables empty by our own way; `tests/emptying.py` says why."""
    from django.test import TransactionTestCase  # noqa: PLC0415 -- settings must be loaded first

    from tests import emptying  # noqa: PLC0415 -- the same

    def teardown(case):
        for name in case._databases_names(include_mirrors=False):
            emptying.empty(name)

    TransactionTestCase._fixture_teardown = teardown


# --- the network ---------------------------------------------------------------------------------------
class NetworkRefused(RuntimeError):
    """A test tried to leave this machine."""


LOOPBACK = {"localhost", "::1", "0.0.0.0", "::", ""}
_connect, _connect_ex, _lookup = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo


def _stay(host: object) -> None:
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    if name not in LOOPBACK and not name.startswith("127."):
        raise NetworkRefused(f"Tests stay on this machine, and this one asked for {name}: use the console connector.")


def refuse_network() -> None:
    """Let sockets reach this machine only; Unix sockets are free."""

    def connect(self: socket.socket, address: tuple[str, int]) -> None:
        if self.family != socket.AF_UNIX:
            _stay(address[0])
        _connect(self, address)

    def connect_ex(self: socket.socket, address: tuple[str, int]) -> int:
        if self.family != socket.AF_UNIX:
            _stay(address[0])
        return _connect_ex(self, address)

    def lookup(host: object, *rest: object, **more: object) -> object:
        _stay(host)
        return _lookup(host, *rest, **more)

    socket.socket.connect = connect
    socket.socket.connect_ex = connect_ex
    socket.getaddrinfo = lookup


# --- language ------------------------------------------------------------------------------------------
@pytest.fixture(autouse=True)
def _clean_language():
    """No test inherits another's language or time zone."""
    from django.utils import timezone, translation  # noqa: PLC0415 -- settings must be loaded first

    yield
    translation.deactivate()
    timezone.deactivate()


# --- the browser ---------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def browser():
    """A real Chromium; without one every browser test fails with the reason."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- slow import

    from tools import chromium  # noqa: PLC0415 -- slow import

    try:
        path = chromium.find()
    except chromium.NoChromium as reason:
        pytest.fail(str(reason), pytrace=False)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        yield running
        running.close()


@pytest.fixture
def page(browser):
    """One tab in Chinese, 1440 px wide. A script error or a refusal by the security policy fails the test."""
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(15_000)
    tab = context.new_page()
    troubles: list[str] = []
    tab.on("pageerror", lambda error: troubles.append(str(error)))
    tab.on("console", lambda line: troubles.append(line.text) if "Content Security Policy" in line.text else None)
    yield tab
    context.close()
    assert not troubles, troubles
