"""The ground that the tests stand on, tested."""

import os
import socket
import urllib.request

import pytest
from django.db import connection

from tests.conftest import NetworkRefused


def test_a_test_cannot_leave_this_machine():
    with pytest.raises(NetworkRefused), socket.socket() as outside:
        outside.connect(("192.0.2.1", 80))
    with pytest.raises(NetworkRefused), socket.socket() as outside:
        outside.connect_ex(("192.0.2.1", 80))
    with pytest.raises((NetworkRefused, OSError)):
        urllib.request.urlopen("http://example.com/", timeout=1)


def test_a_test_may_talk_to_this_machine():
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())


def test_the_database_is_thrown_away_and_not_durable():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), current_setting('fsync')")
        name, sync = cursor.fetchone()
    assert name.startswith("test_")
    if "quanyu-test-" in os.environ["TEST_DATABASE_URL"]:
        assert sync == "off"


@pytest.mark.browser
def test_the_browser_reaches_the_live_server(page, live_server):
    answer = page.goto(f"{live_server.url}/healthz")
    assert answer.status == 200
    assert answer.json()["database"] is True
