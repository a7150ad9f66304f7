"""The files to try the imports with are as messy as promised, and the imports cope."""

import pytest
from django.core.management import call_command

from loyalty.services import importing
from members.models import ImportProblem, Member
from members.rules import phones
from tests.factories import NOON, make_brand, make_region, make_store
from web.demo import files

ROWS = 700


@pytest.fixture
def folder(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    call_command("demo_files", rows=ROWS, folder=tmp_path / "files", verbosity=0)
    return tmp_path / "files"


@pytest.fixture
def brand(db):
    region = make_region(make_brand(code="mart"), code="mart-east")
    for serial in range(1, 37):
        make_store(region, code=f"QH{serial:05d}")
    return region.brand


@pytest.mark.slow
@pytest.mark.parametrize("name", ["旧系统会员.xlsx", "旧系统会员_GBK.csv", "legacy_members_english.csv"])
def test_a_messy_file_comes_in_but_for_its_bad_rows(folder, brand, name):
    run = importing.start(folder / name, kind="members", by=None, now=NOON, brand=brand)
    run = importing.apply(importing.plan(run, now=NOON), now=NOON)
    assert run.status == "done"
    assert ROWS <= run.rows <= ROWS + 1  # the row of sums may be counted among the bad ones
    assert run.new == Member.objects.count() > ROWS * 0.9
    if "english" in name:
        assert run.bad == 0
    else:
        assert 10 < run.bad < 60
        assert {"phone", "birthday", "store"} <= set(ImportProblem.objects.values_list("field", flat=True))


def test_phones_in_the_files_are_invented():
    assert all(phones.is_demo(files.phone(files.FIRST + serial)) for serial in (0, 9_999, 199_999))
