"""Rooms for services that tests start and kill."""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.places import find_account
from config.processes import hand_over


@contextmanager
def open_room():
    """A folder with a short path that the services' account may use."""
    with tempfile.TemporaryDirectory(prefix="quanyu-start-") as name:
        folder = Path(name)
        if account := find_account():
            os.chown(folder, account.uid, account.gid)
            hand_over(folder, account)
        yield folder


@pytest.fixture
def room():
    """A room for one test."""
    with open_room() as folder:
        yield folder
