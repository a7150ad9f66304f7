import pytest
from django.db import connection

from segments.services import audience_store
from segments.services.audience_store import Follower
from tests.factories import NOON


@pytest.fixture(autouse=True)
def _own_store(settings, tmp_path):
    settings.AUDIENCE_ROOT = tmp_path / "audience"
    settings.EVENT_READERS = {"segments": ("*",)}
    settings.AUDIENCE_SPARE = 2_000


@pytest.fixture
def follow():
    """Bring the audience store to this moment: built when missing."""
    follower = Follower()

    def turn(times: int = 1) -> int:
        with audience_store.only_writer():
            return sum(follower.turn(now=NOON) for _ in range(times))

    yield turn
    connection.close()
