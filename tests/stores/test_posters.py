"""Posters: every form in every language reads back, is printed large enough and carries no foreign markup."""

import io
import re
import xml.etree.ElementTree as ElementTree

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from stores.models import StoreCode
from stores.posters import designs, fonts, sheet
from stores.queries import codes as code_queries
from stores.services import codes, posters
from tests import factories
from tests.factories import NOON

LONG = "青禾生活方式集合店（杭州西湖区文三路与学院路交叉口旗舰店）二楼东侧"


@pytest.fixture
def code(settings):
    settings.SITE_URL = "https://vip.qinghe.example.com"
    store = factories.make_store(name=LONG, name_en="Qinghe Lifestyle, Wensan Road & Xueyuan Road <2F>")
    return codes.issue(store, kind=StoreCode.Kind.STORE, by=None, now=NOON)


def read(picture: Image.Image) -> set[str]:
    return {found.text for found in zxingcpp.read_barcodes(picture)}


def page_of(content: bytes, scale: float = 1.5) -> Image.Image:
    return pypdfium2.PdfDocument(content)[0].render(scale=scale).to_pil()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("form", ["a4", "a5", "tent", "sticker"])
def test_each_form_in_each_language_decodes_to_its_store_as_pdf_and_png(code, form, language):
    address = code_queries.address(code)
    assert read(page_of(posters.render(code, form=form, kind="pdf", language=language))) == {address}
    assert read(Image.open(io.BytesIO(posters.render(code, form=form, kind="png", language=language)))) == {address}


@pytest.mark.parametrize(
    ("form", "size"), [("a4", (210, 297)), ("a5", (148, 210)), ("tent", (210, 297)), ("sticker", (90, 120))]
)
def test_each_form_has_its_paper_and_a_code_of_four_centimetres_with_white_around_it(code, form, size):
    page = pypdfium2.PdfDocument(posters.render(code, form=form, kind="pdf", language="zh-hans"))[0]
    assert [round(length / 72 * 25.4) for length in page.get_size()] == list(size)
    drawn = designs.draw(posters.poster_of(code, language="zh-hans"), form)
    flat = [one for shape in drawn.shapes for one in (shape.shapes if isinstance(shape, sheet.Turned) else [shape])]
    qr = next(shape for shape in flat if isinstance(shape, sheet.Code))
    assert qr.size >= designs.SMALLEST
    quiet = 4 * qr.size / len(qr.matrix)
    card = next(shape for shape in flat[flat.index(qr) - 1 :: -1] if isinstance(shape, sheet.Box))
    assert min(qr.x - card.x, qr.y - card.y, card.x + card.width - qr.x - qr.size) >= quiet - 0.001


@pytest.mark.parametrize("form", ["a4", "a5", "tent", "sticker"])
def test_nothing_leaves_the_paper_even_with_the_longest_names(code, form):
    drawn = designs.draw(posters.poster_of(code, language="zh-hans"), form)
    for shape in drawn.shapes:
        if isinstance(shape, sheet.Words):
            wide = fonts.width(fonts.printable(shape.text), shape.size, shape.spacing)
            left = shape.x - {"start": 0, "middle": 0.5, "end": 1}[shape.anchor] * wide
            assert left >= 0, shape
            assert left + wide <= drawn.width + 0.01, shape


def test_a_code_survives_a_fifth_of_it_being_torn_off(code):
    picture = page_of(posters.render(code, form="a4", kind="pdf", language="zh-hans"), 2.0)
    width, height = picture.size
    picture.paste("white", (int(width * 0.44), int(height * 0.48), int(width * 0.62), int(height * 0.55)))
    assert read(picture) == {code_queries.address(code)}


def test_the_human_readable_code_and_the_official_domain_stand_on_every_form(code):
    for form in designs.FORMS:
        drawn = designs.draw(posters.poster_of(code, language="en"), form)
        said = " ".join(s.text for s in drawn.shapes if isinstance(s, sheet.Words))
        assert re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", said)
        assert "Official domain" in said
        assert "vip.qinghe.example.com" in said


def test_the_svg_is_well_formed_and_carries_no_markup_of_a_name(code):
    code.store.name = "店<script>alert(1)</script>&\x00\x1b"
    content = posters.render(code, form="a4", kind="svg", language="zh-hans")
    root = ElementTree.fromstring(content)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        "svg",
        "title",
        "g",
        "path",
        "rect",
        "circle",
    }
    assert b"<script" not in content
    assert b"font" not in content


def test_a_sign_that_the_font_lacks_becomes_a_box_and_never_an_error(code):
    code.store.name = "店\U0010ffff😀名"
    assert fonts.printable(code.store.name) == "店□□名"
    assert posters.render(code, form="sticker", kind="pdf", language="zh-hans").startswith(b"%PDF-1.4")


def test_the_bare_code_is_svg_or_png_and_never_pdf(code):
    assert read(Image.open(io.BytesIO(posters.bare(code, "png")))) == {code_queries.address(code)}
    assert ElementTree.fromstring(posters.bare(code, "svg")).tag.endswith("svg")
    for wrong in [{"kind": "pdf"}, {"kind": "exe"}, {"form": "a3"}, {"language": "fr"}]:
        with pytest.raises(posters.NotPossible):
            posters.render(code, **{"form": "qr", "kind": "png", "language": "en"} | wrong)


def test_downloading_notes_the_first_print_on_code_and_store(code):
    name, content = posters.download(code, form="a4", kind="pdf", language="zh-hans", now=NOON)
    assert name.startswith(code.store.code)
    assert name.endswith("_a4.pdf")
    assert not set('/\\:*?"<>| ') & set(name)
    assert content[:4] == b"%PDF"
    code.refresh_from_db()
    code.store.refresh_from_db()
    assert code.printed_at == code.store.code_printed_at == NOON


def test_a_revoked_code_is_not_printed(code):
    codes.revoke(code, by=None, now=NOON, reason="换新")
    code.refresh_from_db()
    with pytest.raises(codes.CodeRetired):
        posters.download(code, form="a4", kind="pdf", language="en", now=NOON)


@pytest.mark.parametrize("colour", ["#ffffff", "#000000", "#f2b705", "#1f6f54", "#d4380d"])
def test_the_words_on_the_brands_colour_are_readable(colour):
    light, dark = sorted([sheet.luminance(colour), sheet.luminance(sheet.ink_on(colour))], reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
