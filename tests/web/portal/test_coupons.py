"""Headquarters makes coupon templates and sees what became of the coupons."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from loyalty.models import Coupon, CouponTemplate
from loyalty.services import coupons, programs
from stores.access import Role
from stores.models import LogEntry
from tests.factories import NOON, make_member, make_region, make_staff, make_store
from tests.loyalty.coupons import make_coupon, make_template

pytestmark = pytest.mark.django_db
TYPED = {
    "name": "满100减10", "name_en": "10 off 100", "kind": "amount", "value": "10", "threshold": "100", "place": "store",
    "valid_days": "30", "stock": "500", "is_live": "on", "terms": "限堂食", "terms_en": "Eat in only",
}  # fmt: skip


@pytest.fixture
def shop():
    return make_store()


@pytest.fixture
def office(client):
    client.force_login(make_staff(language="en"))
    return client


def page(client, name, *args, **query):
    answer = client.get(reverse(name, args=args), query, headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    return answer


def test_a_template_is_made_shown_and_listed(office, shop):
    program = programs.ensure(shop.brand, now=NOON)

    answer = office.post(reverse("coupon-new"), TYPED | {"program": program.pk, "stores": shop.code})

    made = CouponTemplate.objects.get()
    assert answer["Location"] == reverse("coupon-detail", args=[made.pk])
    assert (made.stock, made.threshold, list(made.stores.all())) == (500, 100, [shop])
    assert (made.terms, made.terms_en) == ("限堂食", "Eat in only")
    for name, args in (("coupon-detail", [made.pk]), ("coupon-list", [])):
        assert "10 off 100" in page(office, name, *args).content.decode()
    shown = page(office, "coupon-detail", made.pk).content.decode()
    assert "Eat in only" in shown
    assert "限堂食" not in shown


@pytest.mark.parametrize(
    ("given", "field"),
    [({"value": "0"}, "value"), ({"kind": "percent", "value": "100"}, "value"), ({"stores": "nowhere"}, "stores"),
     ({"valid_from": "2026-03-04", "valid_until": "2026-03-01"}, "valid_until"), ({"value": "1e9"}, "value"),
     ({"threshold": "5"}, "__all__"), ({"name": ""}, "name"), ({"stock": "-1"}, "stock")],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field(office, shop, given, field):
    program = programs.ensure(shop.brand, now=NOON)

    answer = office.post(reverse("coupon-new"), TYPED | {"program": program.pk} | given)

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field}


def test_after_the_first_coupon_the_value_is_closed_and_the_page_says_so(office, shop):
    template = make_template(shop.brand, threshold=50)
    url = reverse("coupon-edit", args=[template.pk])
    assert "given out already" not in office.get(url).content.decode()
    make_coupon(template)

    assert "given out already" in office.get(url, headers={"Accept-Language": "en"}).content.decode()
    office.post(url, TYPED | {"value": "99", "name": "改名", "stock": ""})

    template.refresh_from_db()
    assert (template.value, template.threshold, template.name) == (10, 50, "改名")


def test_the_page_counts_what_became_of_the_coupons(office, shop):
    template = make_template(shop.brand, stock=10)
    held = [make_coupon(template) for _ in range(4)]
    coupons.redeem(held[0].code, store=shop, now=NOON)
    Coupon.objects.filter(pk=held[1].pk).update(expires_at=NOON)
    coupons.void(held[2], by=make_staff(), now=NOON, reason="x")
    Coupon.objects.filter(pk=held[3].pk).update(expires_at="2099-01-01T00:00Z")

    answer = page(office, "coupon-detail", template.pk)

    counts = answer.context["counts"]
    assert (counts.issued, counts.used, counts.expired, counts.voided, counts.open) == (4, 1, 1, 1, 1)
    assert "4 issued, 6 left" in answer.content.decode()
    for state, count in (("open", 1), ("used", 1), ("expired", 1), ("voided", 1)):
        assert len(page(office, "coupon-issued", template.pk, state=state).context["lines"]) == count


def test_the_list_masks_members_shortens_codes_and_exports_the_same(office, shop):
    template = make_template(shop.brand)
    held = make_coupon(template, make_member(name="王小明"))

    said = page(office, "coupon-issued", template.pk).content.decode()
    file = b"".join(page(office, "coupon-issued", template.pk, export="csv").streaming_content).decode("utf-8-sig")

    rows = list(csv.reader(io.StringIO(file)))
    for text in (said, file):
        assert held.code not in text
        assert "王小明" not in text
        assert "王*" in text
    assert len(rows) == 2
    assert rows[1][0].endswith(held.code[-4:])
    assert LogEntry.objects.filter(action="coupon.exported").exists()


def test_a_coupon_is_withdrawn_with_a_reason_once(office, shop):
    held = make_coupon(make_template(shop.brand))
    url = reverse("coupon-void", args=[held.pk])

    assert office.post(url, {"reason": ""}).status_code == 422
    assert office.post(url, {"reason": "误发"}).status_code == 302
    assert office.post(url, {"reason": "again"}).status_code == 422

    held.refresh_from_db()
    assert (held.void_reason, held.voided_at is None) == ("误发", False)


def test_another_brands_templates_and_coupons_are_strangers(client, shop):
    other = make_coupon(make_template(make_store(make_region()).brand))
    client.force_login(make_staff(shop.brand, role=Role.MARKETER))

    for name in ("coupon-detail", "coupon-edit", "coupon-issued"):
        assert client.get(reverse(name, args=[other.template_id])).status_code == 404
    assert client.post(reverse("coupon-void", args=[other.pk]), {"reason": "x"}).status_code == 404
    assert not client.get(reverse("coupon-list")).context["lines"]
    answer = client.post(reverse("coupon-new"), TYPED | {"program": other.template.program_id})
    assert set(answer.context["form"].errors) == {"program"}


def test_the_members_page_shows_where_each_coupon_stands(office, shop):
    member = make_member(home_store=shop)
    used = make_coupon(make_template(shop.brand), member)
    coupons.redeem(used.code, store=shop, now=NOON)

    said = office.get(reverse("member-detail", args=[member.number]) + "?tab=coupons").content.decode()

    assert "Used" in said
    assert used.code not in said


@pytest.mark.parametrize("name", ["coupon-list", "coupon-detail", "coupon-issued"])
def test_each_page_asks_as_many_questions_for_three_rows_as_for_one(office, shop, name):
    template = make_template(shop.brand)
    counts = []
    for more in (1, 2):
        for _ in range(more):
            coupons.redeem(make_coupon(template).code, store=shop, now=NOON)
            make_template(shop.brand)
        args = [] if name == "coupon-list" else [template.pk]
        page(office, name, *args)
        with CaptureQueriesContext(connection) as asked:
            page(office, name, *args)
        counts.append(len(asked))

    assert counts[0] == counts[1] <= 14
