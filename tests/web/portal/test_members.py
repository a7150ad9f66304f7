"""Members: the list, the search, the page, and what staff change there."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from loyalty.models import Book, CouponTemplate
from loyalty.queries import accounts
from loyalty.services import adjusting, coupons, orders, programs
from members.models import Identity, StoreBinding
from members.queries import members
from members.rules import searching
from members.services import reveals
from stores.access import Role
from stores.models import LogEntry, StoreCode
from tests.factories import NOON, make_member, make_order, make_region, make_staff, make_store
from tests.loyalty.receipts import make_shop, new_order

LIST = "/members/"


@pytest.fixture
def admin(client):
    staff = make_staff()
    client.force_login(staff)
    client.get("/ui/")  # the session notes once who is there
    return staff


def questions(client, url):
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(url)
    assert answer.status_code == 200
    return len(asked), answer


def test_the_list_asks_as_many_questions_for_three_members_as_for_one(client, admin):
    store = make_store()
    make_member(home_store=store)
    one, _answer = questions(client, LIST)
    make_member(home_store=make_store())
    make_member(home_store=store)
    three, answer = questions(client, LIST)
    assert one == three <= 20
    assert answer.content.count(b'class="q-row-link"') == 3


def test_the_page_asks_as_many_questions_for_three_orders_as_for_one(client, admin):
    store = make_store()
    member = make_member(home_store=store)
    programs.enrol_many([member.pk], programs.ensure(store.brand, now=NOON), at=NOON)
    make_order(store, member=member)
    url = reverse("member-detail", args=[member.number]) + "?tab=orders"
    one, _answer = questions(client, url)
    make_order(store, member=member)
    make_order(make_store(), member=member)
    three, answer = questions(client, url)
    assert one == three <= 25
    assert len(answer.context["slice"].rows) == 3


def test_the_timeline_names_the_channel_of_what_happened(client, admin):
    store, channel = make_shop()
    member = make_member()
    orders.settle(new_order(store, channel, member), now=NOON)

    lines = client.get(reverse("member-detail", args=[member.number])).context["lines"]

    assert [one.moment.place for one in lines if one.moment.url] == [f"{store.name} · {channel.name}"]


def test_phones_and_names_are_masked_everywhere(client, admin):
    member = make_member(phone="16900001234", name="欧阳测试")
    for url in (LIST, reverse("member-detail", args=[member.number])):
        text = client.get(url).content.decode()
        assert "169****1234" in text
        assert "16900001234" not in text
        assert "欧阳测试" not in text


@pytest.mark.parametrize(
    "searched", ["16900005678", "+86 169-0000-5678", "5678王", "王 5678", "QH0000001", "qh0000001"]
)
def test_a_member_is_found_by_phone_card_and_last_four_with_name(searched):
    member = make_member(phone="16900005678", name="王小明")
    make_member(phone="16900015678", name="李小明")
    Identity.objects.create(kind=Identity.Kind.CARD, value="QH0000001", member=member, added_at=NOON)
    assert [found.pk for found in members.find(make_staff(), searched)] == [member.pk]


def test_a_member_is_found_by_number_and_four_digits_alone_find_nobody():
    member = make_member(phone="16900005678")
    staff = make_staff()
    assert [found.pk for found in members.find(staff, member.number)] == [member.pk]
    assert not members.find(staff, "5678").exists()


def test_a_search_leaves_no_phone_in_the_address_and_narrows_the_list(client, admin):
    wanted = make_member(phone="16900005678")
    make_member()
    answer = client.post(LIST, {"q": "16900005678"}, follow=True)
    assert answer.redirect_chain == [(f"{LIST}?s=1", 302)]
    assert [row.pk for row in answer.context["page"]] == [wanted.pk]
    assert len(client.get(LIST).context["page"]) == 2


def test_a_search_that_finds_nobody_says_what_to_type_instead(client, admin):
    make_member(phone="16900005678")
    for typed, words in (("5678", searching.FEW), ("169 0000 56", searching.SHORT)):
        answer = client.post(LIST, {"q": typed}, follow=True)
        assert str(words) in answer.content.decode(), typed


def test_the_search_on_top_opens_the_one_member_it_names(client, admin):
    member = make_member(phone="16900005678")
    answer = client.post(LIST, {"q": "16900005678", "go": "1"})
    assert answer.headers["Location"] == reverse("member-detail", args=[member.number])


def test_filters_narrow_by_brand_store_tier_and_day(client, admin):
    store, other = make_store(), make_store()
    mine = make_member(home_store=store)
    make_member(home_store=other)
    program = programs.ensure(store.brand, now=NOON)
    programs.enrol_many([mine.pk], program, at=NOON)
    tier = program.tiers.get(rank=0)
    for words in (f"brand={store.brand_id}", f"store={store.code}", f"tier={tier.pk}"):
        assert [row.pk for row in client.get(f"{LIST}?{words}").context["page"]] == [mine.pk], words
    assert len(client.get(f"{LIST}?joined_min=2026-03-04&joined_max=2026-03-04").context["page"]) == 2
    assert len(client.get(f"{LIST}?joined_min=2026-03-05").context["page"]) == 0


def test_a_pill_names_the_filter_and_takes_it_away(client, admin):
    store = make_store()
    pill = client.get(f"{LIST}?brand={store.brand_id}&page=2").context["pills"][0]
    assert (pill["value"], pill["url"]) == (store.brand.name, "?")


def test_htmx_gets_the_rows_alone(client, admin):
    make_member()
    answer = client.get(LIST, headers={"HX-Request": "true"})
    assert b"<html" not in answer.content
    assert b"q-table" in answer.content
    assert answer.headers["HX-Push-Url"] == LIST


def test_the_export_is_masked_harmless_and_noted(client, admin):
    make_member(phone="16900005678", name="=cmd|'/c calc'!A1")
    body = b"".join(client.get(f"{LIST}?export=csv").streaming_content).decode()
    assert "169****5678" in body
    assert "16900005678" not in body
    assert "\n'=*" in body.replace("\r", "")
    assert LogEntry.objects.filter(action="member.exported", actor_id=admin.pk).exists()


def test_an_analyst_may_look_but_not_export(client):
    client.force_login(make_staff(role=Role.ANALYST))
    assert client.get(LIST).status_code == 200
    assert client.get(f"{LIST}?export=csv").status_code == 403


def test_a_stranger_gets_404_on_every_page_of_a_member(client):
    member = make_member(home_store=make_store())
    client.force_login(make_staff(make_region(), role=Role.MARKETER))
    for name in ("member-detail", "member-edit", "member-adjust"):
        assert client.get(reverse(name, args=[member.number])).status_code == 404, name
    for name in ("member-reveal", "member-tag"):
        assert client.post(reverse(name, args=[member.number]), {"reason": "call back"}).status_code == 404, name


@pytest.fixture
def two_brands(client):
    """A member at home in one brand who holds 70 points of another, and the marketer of the first."""
    mine, other = make_store(), make_store()
    member = make_member(home_store=mine)
    for store, amount in ((mine, 30), (other, 70)):
        program = programs.ensure(store.brand, now=NOON)
        gift = CouponTemplate.objects.create(program=program, name=f"券{amount}", kind="amount", value=1)
        words = {"asset": Book.Asset.POINTS, "amount": amount, "reason": "x", "form_id": f"f{amount}"}
        adjusting.adjust(member, program, **words, by=make_staff(), now=NOON)
        words = words | {"asset": Book.Asset.GROWTH, "amount": 1000 * amount}
        adjusting.adjust(member, program, **words, by=make_staff(), now=NOON)
        coupons.issue(gift, member, source="x", now=NOON)
    client.force_login(make_staff(mine.brand, role=Role.MARKETER))
    return member


def test_the_list_and_the_export_show_no_other_brands_points(client, two_brands):
    assert [row.points for row in client.get(LIST).context["page"]] == [30]
    body = b"".join(client.get(f"{LIST}?export=csv&cols=points").streaming_content).decode()
    assert [line.partition(",")[0] for line in body.splitlines()[1:]] == ["30"]  # the rest says who took it
    client.force_login(make_staff())
    assert [row.points for row in client.get(LIST).context["page"]] == [30]


def test_the_timeline_shows_no_other_brands_facts(client, two_brands):
    page = reverse("member-detail", args=[two_brands.number])
    kinds = lambda: sorted(str(one.moment.label) for one in client.get(page).context["lines"])  # noqa: E731
    scoped = kinds()
    client.force_login(make_staff())
    whole = kinds()
    assert (len(scoped), len(whole)) == (
        5,
        10,
    )  # a joining, two corrections, a tier, a coupon; and those of the other brand
    assert sorted(scoped * 2) == whole


def test_a_phone_is_shown_for_a_reason_and_noted(client, admin):
    member = make_member(phone="16900005678")
    url = reverse("member-reveal", args=[member.number])
    shown = client.post(url, {"reason": "asked to be called back"}, headers={"HX-Request": "true"})
    assert "169 0000 5678" in shown.content.decode()
    line = LogEntry.objects.get(action=reveals.ACTION)
    assert (line.actor_id, line.reason) == (admin.pk, "asked to be called back")
    assert "5678" not in f"{line.before}{line.after}{line.object_label}"


def test_no_reason_shows_no_phone_and_too_many_are_refused(client, admin, monkeypatch):
    member = make_member(phone="16900005678")
    url = reverse("member-reveal", args=[member.number])
    assert client.post(url, {"reason": " "}).status_code == 302
    monkeypatch.setattr(reveals, "PER_DAY", 1)
    assert client.post(url, {"reason": "first"}).status_code == 200
    assert client.post(url, {"reason": "second"}).status_code == 302
    assert LogEntry.objects.filter(action=reveals.ACTION).count() == 1


def test_each_link_says_since_when_by_which_code_and_its_state(client, admin):
    first, second = make_store(), make_store()
    guide = make_staff(second, role=Role.ASSOCIATE, name="导购甲")
    member = make_member(home_store=second, associate=guide)
    code = StoreCode.objects.create(
        store=second, kind="associate", associate=guide, token="ABCDEFGH", check_chars="JKMN", issued_at=NOON
    )
    past = NOON.replace(year=2025)
    StoreBinding.objects.create(member=member, store=first, bound_at=past, ended_at=NOON, reason="first")
    StoreBinding.objects.create(member=member, store=second, associate=guide, code=code, bound_at=NOON, reason="latest")
    answer = client.get(reverse("member-detail", args=[member.number]), headers={"accept-language": "en"})
    links = answer.context["head"].links
    assert [(link.store_id, link.ended_at is None) for link in links] == [(second.pk, True), (first.pk, False)]
    text = answer.content.decode()
    assert {"导购甲", "ABCDEFGHJKMN", "2026-03-04", "2025-03-04"} <= {
        word for word in ("导购甲", "ABCDEFGHJKMN", "2026-03-04", "2025-03-04") if word in text
    }


def test_the_profile_is_edited_and_the_log_keeps_it_masked(client, admin):
    member = make_member(name="王小明")
    url = reverse("member-edit", args=[member.number])
    client.post(url, {"name": "王大明", "gender": "m", "birthday": "1990-05-01", "language": "en", "note": ""})
    member.refresh_from_db()
    assert (member.name, member.gender, member.language) == ("王大明", "m", "en")
    line = LogEntry.objects.get(action="member.edited")
    assert line.after == {"name": "王*", "gender": "m", "birthday": "***", "language": "en"}


def test_a_birthday_in_the_future_is_refused_beside_its_field(client, admin):
    member = make_member()
    url = reverse("member-edit", args=[member.number])
    answer = client.post(url, {"name": "王", "gender": "", "birthday": "2999-01-01", "language": "en", "note": ""})
    assert answer.status_code == 422
    assert "birthday" in answer.context["form"].errors


def test_points_are_corrected_once_for_a_double_click(client, admin):
    store = make_store()
    member = make_member(home_store=store)
    program = programs.ensure(store.brand, now=NOON)
    url = reverse("member-adjust", args=[member.number])
    given = {"program": program.pk, "asset": Book.Asset.POINTS, "amount": "120", "reason": "sorry", "form_id": "f1"}
    for _click in range(2):
        assert client.post(url, given).status_code == 302
    assert accounts.holding(member, store.brand).points == 120
    refused = client.post(url, given | {"amount": "-500", "form_id": "f2"})
    assert refused.status_code == 422
    assert accounts.holding(member, store.brand).points == 120


def test_tags_are_put_on_once_and_taken_off(client, admin):
    member = make_member()
    for _click in range(2):
        client.post(reverse("member-tag", args=[member.number]), {"name": " 爱喝茶 "})
    worn = list(member.member_tags.select_related("tag"))
    assert [one.tag.name for one in worn] == ["爱喝茶"]
    client.post(reverse("member-untag", args=[member.number, worn[0].tag_id]))
    assert not member.member_tags.exists()


def test_a_member_who_bought_elsewhere_shows_only_own_orders_to_a_region(client):
    mine, other = make_store(), make_store()
    member = make_member(home_store=mine)
    make_order(mine, member=member, amount=Decimal("11"))
    make_order(other, member=member, amount=Decimal("22"))
    client.force_login(make_staff(mine.region))
    answer = client.get(reverse("member-detail", args=[member.number]) + "?tab=orders")
    assert [order.amount for order in answer.context["slice"].rows] == [Decimal("11")]
