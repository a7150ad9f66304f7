import pytest

from tests.factories import make_brand


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def brand(db):
    return make_brand(code="qh")
