"""The links inside messages: the tracked one counts people and no robots, the other one ends the offers at one tap."""

import pytest
from django.conf import settings
from django.test import Client

from campaigns.models import Delivery, Feedback
from campaigns.rules import links
from members.models import Consent
from tests.campaigns.makers import agree, make_campaign
from tests.factories import NOON, make_brand, make_member

PHONE_BROWSER = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"
ENGLISH = {"Accept-Language": "en"}
WEIGHT = 60_000  # bytes of one page with everything it loads, compressed; the page itself is a small part


@pytest.fixture
def delivery():
    member = make_member(name="王小明")
    agree(member)
    campaign = make_campaign(
        brand=make_brand(name="青禾便利", name_en="Qinghe Mart"), link="https://example.com/spring"
    )
    return make_delivery(campaign, member)


def make_delivery(campaign, member):
    return Delivery.objects.create(
        campaign=campaign, member=member, medium=1, batch_no=0, status=3, created_at=NOON, sent_at=NOON
    )


def path_of(delivery, purpose):
    return links.PATHS[purpose] + links.token(delivery.pk, purpose, settings.LINK_KEY)


def visit(client, path, **headers):
    return client.get(path, headers={"User-Agent": PHONE_BROWSER, "Accept-Language": "en"} | headers)


def read(answer) -> str:
    return answer.content.decode()


def wants_offers(member) -> bool:
    return Consent.objects.filter(member=member, purpose="marketing").order_by("-at", "-pk").first().is_given


# --- the tracked link ----------------------------------------------------------------------------------
def test_a_persons_visit_is_noted_once_and_led_on(client, delivery):
    path = path_of(delivery, links.OPEN)

    first = visit(client, path)
    delivery.refresh_from_db()
    opened = delivery.opened_at
    again = visit(client, path)
    delivery.refresh_from_db()

    assert (first.status_code, first["Location"]) == (302, "https://example.com/spring")
    assert again["Location"] == "https://example.com/spring"
    assert opened is not None
    assert delivery.opened_at == opened
    assert "no-store" in first["Cache-Control"]


@pytest.mark.parametrize(
    "headers",
    [{"User-Agent": "Googlebot/2.1"}, {"User-Agent": ""}, {"Sec-Purpose": "prefetch;prerender"}],
    ids=["robot", "nameless", "prefetch"],
)
def test_a_machine_that_looks_ahead_is_led_on_without_a_note(client, delivery, headers):
    answer = visit(client, path_of(delivery, links.OPEN), **headers)
    delivery.refresh_from_db()

    assert answer.status_code == 302
    assert delivery.opened_at is None


def test_a_campaign_without_a_link_leads_to_the_card(client, delivery):
    type(delivery.campaign).objects.update(link="")
    assert visit(client, path_of(delivery, links.OPEN))["Location"] == "/m/"


@pytest.mark.parametrize("token", ["x", "1-0000000000", "…", "a" * 60, "zz-aaaaaaaaaa"])
def test_a_forged_link_is_answered_clearly_in_both_languages(client, delivery, token):
    for language, words in (("en", "This link is not complete."), ("zh-hans", 'lang="zh-Hans"')):
        client.cookies["django_language"] = language
        for room in ("l", "u"):
            answer = client.get(f"/{room}/{token}", headers={"User-Agent": PHONE_BROWSER})
            assert answer.status_code == 404
            assert words in read(answer)


def test_the_link_of_one_purpose_does_not_serve_the_other(client, delivery):
    token = links.token(delivery.pk, links.OPEN, settings.LINK_KEY)

    assert client.post(f"/u/{token}").status_code == 404
    assert wants_offers(delivery.member)


# --- the way out ---------------------------------------------------------------------------------------
def test_opening_the_way_out_asks_and_changes_nothing(client, delivery):
    page = read(visit(client, path_of(delivery, links.UNSUBSCRIBE)))

    assert "No more offers from Qinghe Mart?" in page
    assert "<script" not in page
    assert len(page) < WEIGHT
    assert wants_offers(delivery.member)


def test_one_tap_ends_the_offers_and_says_so_however_often_it_is_tapped(client, delivery):
    client.cookies["django_language"] = "en"
    path = path_of(delivery, links.UNSUBSCRIBE)

    for _tap in range(2):
        answer = client.post(path)
        assert answer.status_code == 200
        assert "Done. You get no more offers." in read(answer)

    assert not wants_offers(delivery.member)
    assert Consent.objects.filter(member=delivery.member, is_given=False).count() == 1
    assert "You get no offers." in read(visit(client, path))


def test_a_mail_program_may_post_by_itself_without_our_cookie(delivery):
    strict = Client(enforce_csrf_checks=True)

    answer = strict.post(path_of(delivery, links.UNSUBSCRIBE), {"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert not wants_offers(delivery.member)


def test_a_mistaken_tap_is_taken_back_only_from_our_own_page(client, delivery):
    client.cookies["django_language"] = "en"
    path = path_of(delivery, links.UNSUBSCRIBE)
    client.post(path)

    assert Client(enforce_csrf_checks=True).post(f"{path}/back").status_code == 403
    assert "You get offers and news again." in read(client.post(f"{path}/back"))
    assert wants_offers(delivery.member)


def test_a_yes_that_was_never_given_cannot_be_given_by_a_link(client, delivery):
    stranger = make_member()
    agree(stranger, is_given=False)
    client.cookies["django_language"] = "en"

    answer = client.post(path_of(make_delivery(delivery.campaign, stranger), links.UNSUBSCRIBE) + "/back")

    assert "This link cannot switch them on" in read(answer)
    assert not wants_offers(stranger)


# --- how it was ----------------------------------------------------------------------------------------
def test_a_member_says_how_it_was_and_may_say_it_again(client, delivery):
    path = path_of(delivery, links.FEEDBACK)
    page = read(visit(client, path))
    assert "How was it?" in page
    assert page.count('type="radio"') == 5
    assert not Feedback.objects.exists()  # a look changes nothing
    assert "Thank you" in read(client.post(path, {"score": "4", "words": "<b>Good</b>"}, headers=ENGLISH))
    held = Feedback.objects.get()
    assert (held.delivery, held.score, held.words) == (delivery, 4, "<b>Good</b>")
    page = read(visit(client, path))
    assert "&lt;b&gt;Good" in page
    assert "checked" in page
    client.post(path, {"score": "2"})
    assert [(each.score, each.words) for each in Feedback.objects.all()] == [(2, "")]


@pytest.mark.parametrize("score", ["", "0", "6", "x"])
def test_a_number_that_is_none_of_the_five_is_asked_for_again(client, delivery, score):
    answer = client.post(path_of(delivery, links.FEEDBACK), {"score": score, "words": "kept"}, headers=ENGLISH)
    assert answer.status_code == 422
    assert "kept" in read(answer)
    assert not Feedback.objects.exists()


def test_the_link_of_another_purpose_asks_nothing(client, delivery):
    wrong = path_of(delivery, links.OPEN).replace("/l/", "/f/")
    assert visit(client, wrong).status_code == 404
    assert client.post(wrong, {"score": "5"}).status_code == 404


def test_no_other_site_answers_in_a_members_name(delivery):
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.post(path_of(delivery, links.FEEDBACK), {"score": "5"}).status_code == 403
