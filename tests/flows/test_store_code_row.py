"""Two thousand codes in one archive, and each one leads back to its store (row 000-46; joining by them: test_joining)."""

import csv
import io
import time
import zipfile

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from stores.models import Store, StoreCode
from stores.queries import codes as code_queries
from stores.services import posters
from tests import factories
from tests.factories import NOON

STORES = 2000


@pytest.fixture
def archive(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.SITE_URL = "https://vip.qinghe.example.com"
    regions = [factories.make_region() for _ in range(3)]
    Store.objects.bulk_create(
        Store(
            code=f"T{n:05d}", brand=regions[n % 3].brand, region=regions[n % 3], name=f"青禾杭州第 {n} 店",
            name_en=f"Qinghe {n}", city="杭州", created_at=NOON,
        )
        for n in range(STORES)
    )  # fmt: skip
    made = posters.request_archive(
        Store.objects.filter(code__startswith="T"),
        form="sticker",
        language="zh-hans",
        by=factories.make_staff(),
        now=NOON,
    )
    began = time.process_time()
    posters.make_waiting(now=NOON)
    made.refresh_from_db()
    made.seconds = time.process_time() - began
    return made


def decoded(picture: Image.Image) -> str:
    (found,) = zxingcpp.read_barcodes(picture)
    return found.text


@pytest.mark.slow
@pytest.mark.row("000-46")
def test_two_thousand_codes_come_in_one_archive_and_each_decodes_back_to_its_store(archive):
    assert (archive.status, archive.done, archive.total) == ("done", STORES, STORES)
    assert archive.seconds < 90  # of one core; what others do on this machine does not count
    stores = {code.public: code.store.code for code in StoreCode.objects.select_related("store")}
    with zipfile.ZipFile(posters.path_of(archive)) as made:
        lines = list(csv.DictReader(io.StringIO(made.read("codes.csv").decode("utf-8-sig"))))
        assert len(lines) == STORES
        names = {name.rpartition("/")[2]: name for name in made.namelist()}
        for line in lines:
            alone = line["poster"].rpartition("/")[2].replace("_sticker.pdf", "_qr.png")
            address = decoded(Image.open(io.BytesIO(made.read(names[alone]))))
            assert address == line["address"]
            assert stores[address.rpartition("/")[2]] == line["store"]
        assert len({line["address"] for line in lines}) == STORES
        for line in lines[::20]:
            page = pypdfium2.PdfDocument(made.read(line["poster"]))[0].render(scale=2).to_pil()
            code = code_queries.find(decoded(page).rpartition("/")[2])
            assert (code.store.code, code.store.name) == (line["store"], line["name"])
    assert not Store.objects.filter(code__startswith="T", code_printed_at=None).exists()
