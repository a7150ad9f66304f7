"""The demo chain is believable, agrees with itself, and can hurt nobody."""

import pickle
from datetime import UTC, datetime, timedelta

import phonenumbers
import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db.models import Count, F, Q, Sum

from campaigns.models import Campaign, CampaignTemplate, Delivery
from campaigns.queries import reports
from campaigns.services import triggers
from loyalty.models import Account, Coupon, Standing
from loyalty.queries import reconcile
from loyalty.services import arrivals
from members.models import (
    Consent,
    Event,
    Identity,
    Inbox,
    Member,
    MemberTag,
    Merge,
    Order,
    OrderLine,
    PrivacyRequest,
    Product,
    Refund,
    StoreBinding,
    Tag,
)
from members.models.consent import Medium
from members.queries import consents, match_cases, prospects
from members.rules import numbers, phones
from members.services import founding as members_founding
from segments.models import Segment
from stores.access import Role
from stores.models import (
    ApiKey,
    Brand,
    Chain,
    Channel,
    ChannelSecret,
    CodeScan,
    ExportRequest,
    Notice,
    Sender,
    Staff,
    Store,
    StoreCode,
)
from stores.queries import chain as log_chain
from stores.queries import demo, notices
from stores.rules import places
from stores.services import chain as seals
from stores.services import notices as inbox
from web.demo import catalogue, centre, crew, people, trade, world
from web.demo.fill import fill

NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)  # 18:30 in Shanghai
SIZE = world.SIZES["2k"]


@pytest.fixture(scope="module")
def _demo(django_db_setup, django_db_blocker):
    """The small demo, made once for this file and taken back at its end."""
    from django.conf import settings  # noqa: PLC0415 -- settings are ready here
    from django.db import transaction  # noqa: PLC0415 -- the same

    with django_db_blocker.unblock():
        block = transaction.atomic()
        block._from_testcase = True  # durable services may run inside, as in every test
        block.__enter__()
        was, settings.DEMO = settings.DEMO, True
        fill(SIZE, seed=world.SEED, now=NOW, workers=1, say=lambda text: None)
        yield
        settings.DEMO = was
        transaction.set_rollback(True)
        block.__exit__(None, None, None)


@pytest.fixture
def chain(_demo, settings):
    settings.DEMO = True
    return Chain.objects.get()


pytestmark = [pytest.mark.slow]


# --- nobody is hurt ------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_no_phone_of_the_demo_can_ring(chain):
    held = list(Identity.objects.filter(kind=Identity.Kind.PHONE).values_list("value", flat=True))
    held += list(Staff.objects.values_list("phone", flat=True)) + list(Store.objects.values_list("phone", flat=True))
    assert len(held) > SIZE.members
    assert all(phones.is_demo(phone) for phone in held if phone)
    for last in (0, 1, 499_999, 999_999):
        number = phonenumbers.parse(f"16900{last:06d}", "CN")
        assert not phonenumbers.is_valid_number(number)


def test_the_millions_of_the_benches_stay_in_a_block_without_carrier():
    for last in (0, 1_000_000, 5_555_555, 9_999_999):
        assert not phonenumbers.is_valid_number(phonenumbers.parse(f"1690{last:07d}", "CN"))


@pytest.mark.django_db
def test_mail_and_openids_are_invented(chain):
    assert all(mail.endswith("@example.com") for mail in Staff.objects.values_list("email", flat=True))
    openids = Identity.objects.filter(kind=Identity.Kind.OPENID).values_list("value", flat=True)
    assert openids
    bare = [openid.rpartition(":")[2] for openid in openids]
    assert all(openid.startswith("oDEMO") and len(openid) == 28 for openid in bare)
    mails = Identity.objects.filter(kind=Identity.Kind.EMAIL).values_list("value", flat=True)
    assert mails
    assert all(mail.endswith("@example.com") for mail in mails)


def test_every_demo_phone_is_its_own():
    assert len({world.phone(index) for index in range(200_000)}) == 200_000


# --- it is all there -----------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_chain_has_the_size_that_was_asked_for(chain):
    assert chain.is_demo
    assert (Brand.objects.count(), Store.objects.count(), Staff.objects.count()) == (3, SIZE.stores, SIZE.staff)
    assert Member.objects.count() == SIZE.members + centre.MORE
    assert Order.objects.count() == SIZE.orders + centre.ORDERS
    assert Product.objects.count() == len(catalogue.goods())
    assert OrderLine.objects.count() > SIZE.orders * 1.5


@pytest.mark.django_db
def test_one_login_for_each_role_works_with_the_published_password(chain, rf):
    logins = crew.logins()
    assert [login.username for login in logins] == [username for _role, username, _name in crew.KNOWN]
    for login in logins:
        signed_in = authenticate(rf.post("/"), username=login.username, password=login.password)
        assert signed_in.username == login.username
    for person in Staff.objects.filter(username__in=["admin", "marketer", "analyst"]):
        assert len(demo.current_code(person)) == 6


@pytest.mark.django_db
def test_the_known_manager_works_where_dealer_and_region_can_look(chain):
    manager, dealer, region = (Staff.objects.get(username=name) for name in ("manager", "dealer", "region"))
    store = manager.grants.get().store
    assert dealer.grants.get().dealer_id == store.dealer_id
    assert region.grants.get().region_id == store.region_id
    assert StoreCode.objects.filter(store=store, revoked_at=None).values("kind").distinct().count() == 3


@pytest.mark.django_db
def test_every_store_has_a_manager_and_every_role_somebody(chain):
    led = Staff.objects.filter(role=Role.STORE_MANAGER).values("grants__store")
    assert not Store.objects.exclude(pk__in=led).exists()
    assert set(Staff.objects.values_list("role", flat=True)) == {role for role, _name in Role.CHOICES}


@pytest.mark.django_db
def test_shoppers_come_until_now_and_never_after(chain):
    assert Order.objects.filter(paid_at__gte=NOW.replace(hour=0)).exists()
    early = Q(paid_at__lt=F("member__joined_at"), prospect=None)  # prospects buy before they join
    assert not Order.objects.filter(Q(paid_at__gt=NOW) | early).exists()
    assert not Refund.objects.filter(refunded_at__lt=F("order__paid_at")).exists()
    assert not Member.objects.filter(joined_at__gt=NOW).exists()


@pytest.mark.django_db
def test_shares_are_those_that_were_promised(chain):
    refunds = Refund.objects.count() / SIZE.orders
    assert 0.02 < refunds < 0.04
    marketing = Consent.objects.filter(purpose="marketing", method="h5")
    assert marketing.count() == SIZE.members
    assert 0.16 < marketing.filter(is_given=False).count() / SIZE.members < 0.24
    twins = Member.objects.exclude(birthday=None).values("name", "birthday").annotate(n=Count("pk")).filter(n__gt=1)
    assert twins.count() > SIZE.members * 0.02


@pytest.mark.django_db
def test_spending_is_unequal(chain):
    spent = sorted(
        Member.objects.annotate(spent=Sum("orders__amount")).exclude(spent=None).values_list("spent", flat=True)
    )
    top = spent[-len(spent) // 10 :]
    assert sum(top) > sum(spent) * 3 // 10
    assert Standing.objects.values("tier__rank").distinct().count() >= 3


@pytest.mark.django_db
def test_members_are_bound_joined_and_told_of(chain):
    bound = StoreBinding.objects.filter(ended_at=None)
    assert bound.filter(member__joined_at__isnull=False).count() == SIZE.members + centre.MORE
    assert not bound.exclude(store=F("member__home_store")).exists()
    assert Event.objects.filter(kind="member.joined").count() == SIZE.members + centre.MORE + 1  # one was merged since
    assert Event.objects.filter(kind="member.bound").count() == StoreBinding.objects.count()
    assert Event.objects.filter(kind="program.joined").count() == Standing.objects.count() + 1  # the merged one's
    assert CodeScan.objects.filter(joined_at__isnull=False).exists()
    assert Coupon.objects.filter(expires_at__gt=NOW).exists()


# --- the loop ------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_four_fifths_of_the_members_live_near_their_store(chain):
    merged = Merge.objects.filter(undone_at=None).values("winner")  # may have got the place of the other record
    placed = Member.objects.exclude(latitude=None).exclude(pk__in=merged).select_related("home_store")
    assert 0.75 < placed.count() / SIZE.members < 0.85
    away = [
        places.metres(member.latitude, member.longitude, member.home_store.latitude, member.home_store.longitude)
        for member in placed
    ]
    assert max(away) < 6_300
    assert 0.4 < sum(each < 3_000 for each in away) / len(away) < 0.7


@pytest.mark.django_db
def test_the_campaigns_that_ran_are_whole_and_some_members_came_back(chain):
    ran = Campaign.objects.filter(status=Campaign.Status.FINISHED, kind=Campaign.Kind.SCHEDULED)
    assert ran.count() == 3
    found = [reports.results(campaign) for campaign in ran]
    assert all(each.is_whole and each.waiting == 0 for each in found)
    assert sum(each.sent for each in found) > 100
    assert all(0 < each.redeemed <= each.issued == each.sent and each.opened for each in found)
    early = Delivery.objects.filter(sent_at__lt=F("member__joined_at"))
    assert not early.exists()
    assert {each.reason for report in found for each in report.lost} == {"no_consent"}


@pytest.mark.django_db
def test_tomorrows_campaign_waits_and_the_welcome_greets_newcomers_only(chain):
    waiting = Campaign.objects.get(status=Campaign.Status.SCHEDULED, kind=Campaign.Kind.SCHEDULED)
    assert NOW < waiting.starts_at < NOW + timedelta(days=1)
    assert waiting.snapshot.size > 0
    welcome = Campaign.objects.get(kind=Campaign.Kind.TRIGGERED)
    assert (welcome.status, welcome.trigger) == ("running", "member.joined")
    old = Event.objects.filter(kind="member.joined").latest("at")
    assert triggers.on_event(old, now=NOW) == 0
    late = Inbox.objects.filter(reader="campaigns", event__kind="member.joined").select_related("event")
    assert len(late) <= centre.MORE + 1
    assert not any(triggers.on_event(row.event, now=NOW) for row in late)


@pytest.mark.django_db
def test_headquarters_finds_audiences_tags_and_templates_to_begin_with(chain):
    assert Segment.objects.filter(description__gt="").count() == 8
    assert Tag.objects.exclude(group="").count() == 12
    assert all(MemberTag.objects.filter(tag__name=name).exists() for name in ("高价值客户", "沉睡客户"))
    assert CampaignTemplate.objects.filter(is_local=True).count() == 2
    assert CampaignTemplate.objects.count() == 4
    assert {sender.settings.get("is_silent") for sender in Sender.objects.all()} == {None}


# --- around the members --------------------------------------------------------------------------------
@pytest.mark.django_db
def test_channels_of_many_kinds_are_connected_to_nowhere_and_tell_how_they_are(chain):
    assert Channel.objects.values("kind").distinct().count() >= 9
    assert not ChannelSecret.objects.exists()
    gateways = [row.settings["gateway"] for row in Channel.objects.all() if "gateway" in row.settings]
    assert gateways
    assert all(gateway.endswith(".invalid") for gateway in gateways)
    rows = {row.code: row for row in Channel.objects.all()}
    health = notices.health_of(list(rows.values()), now=NOW)
    assert [code for code, row in rows.items() if health[row.pk].is_stale] == ["wifi-mart"]
    busy = health[rows["live-beauty"].pk]
    assert busy.told > 2
    assert (busy.failed, busy.refused, busy.waiting) == (1, 2, 0)
    assert busy.lag > timedelta(seconds=30)
    assert all(ApiKey.objects.filter(channel=row).get().last_used_at for row in rows.values() if row.kind == "pos")


@pytest.mark.django_db
def test_the_notice_that_failed_can_be_dealt_with_by_whoever_replays_it(chain):
    failed = Notice.objects.get(state=Notice.State.FAILED)
    assert inbox.replay(failed, by=Staff.objects.get(username="admin"), now=NOW)
    assert inbox.deal_with(arrivals.HANDLERS, now=NOW) == 1
    failed.refresh_from_db()
    assert (failed.state, failed.reason) == (Notice.State.DONE, "")
    assert Event.objects.filter(kind="livestream.watched", data__notice=failed.key).exists()


@pytest.mark.django_db
def test_followers_and_buyers_wait_as_prospects_and_some_have_joined(chain):
    waiting = Member.people.filter(joined_at=None)
    assert 270 < waiting.count() < 330
    bought = Order.objects.exclude(prospect=None)
    assert bought.count() == centre.ORDERS
    assert bought.filter(member=None).count() > centre.ORDERS / 2
    joined = Member.objects.filter(joined_at__gt=F("created_at") + timedelta(days=1))
    assert joined.count() == centre.JOINED_LATER
    assert bought.filter(member__in=joined).exists()
    manager = Staff.objects.get(username="manager")
    assert prospects.visible_to(manager).exists()


@pytest.mark.django_db
def test_pairs_wait_one_was_merged_and_one_merge_was_taken_back(chain):
    waiting = match_cases.open_for(Staff.objects.get(username="admin"))
    assert 10 <= waiting.count() <= 14
    assert set(waiting.values_list("rule", flat=True)) == {"family phone", "recycled phone", "card", "name+birthday"}
    stands, undone = Merge.objects.order_by("pk")
    assert (stands.undone_at, bool(undone.undone_at)) == (None, True)
    assert stands.reason
    assert undone.undo_reason
    assert stands.figures["after"]["orders"] > stands.figures["winner"]["orders"] > 0


@pytest.mark.django_db
def test_some_members_want_mail_only_and_the_desks_have_something_to_do(chain):
    without = Consent.objects.filter(medium=Medium.SMS, is_given=False)
    assert without.count() > centre.WRITTEN / 2
    holds = {each.medium: each.is_given for each in consents.state(without[0].member, ["marketing"])}
    assert (holds[Medium.SMS], holds[Medium.EMAIL]) == (False, True)
    asked = PrivacyRequest.objects
    assert asked.filter(state="open", kind="access").exists()
    assert asked.filter(state="done", kind="correct").exists()
    near = asked.filter(state="open").earliest("due_on")
    assert 0 < (near.due_on - NOW.date()).days <= 5
    assert ExportRequest.objects.get().state == "open"


@pytest.mark.django_db
def test_the_log_of_the_demo_is_whole(chain):
    assert seals.seal_all() > 0
    found = log_chain.verify(now=NOW)
    assert (found.is_whole, found.waiting) == (True, 0)


# --- it agrees with itself -----------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_ledger_agrees_with_itself_and_with_the_receipts(chain):
    assert reconcile.drifts() == []
    growth = Account.objects.filter(book__asset="growth").aggregate(total=Sum("balance"))["total"]
    kept = Order.objects.filter(member__isnull=False, prospect=None).values_list("amount", "refunded")
    assert growth == sum(int(amount - refunded) for amount, refunded in kept)


@pytest.mark.django_db
def test_every_receipt_is_the_sum_of_its_lines(chain):
    assert not Order.objects.annotate(total=Sum("lines__amount")).exclude(amount=F("total")).exists()
    assert not OrderLine.objects.filter(product=None).exists()


@pytest.mark.django_db
def test_member_numbers_made_in_sql_are_those_of_the_rule(chain):
    assert all(number == numbers.number_of(pk) for pk, number in Member.objects.values_list("pk", "number"))


# --- the same again, and only once ---------------------------------------------------------------------
@pytest.mark.django_db
def test_the_demo_refuses_a_database_that_is_not_empty(chain):
    with pytest.raises(CommandError, match="not empty"):
        call_command("demo", size="2k", workers=1)
    assert Member.objects.count() == SIZE.members + centre.MORE


def test_a_brand_plan_that_travelled_to_another_process_draws_the_same_people():
    plan = world.BRANDS[0]
    there = pickle.loads(pickle.dumps(plan))
    assert world.members_of(SIZE, plan) == world.members_of(SIZE, there)
    assert sum(world.members_of(SIZE, each) for each in world.BRANDS) == SIZE.members


@pytest.mark.django_db
def test_the_same_seed_and_day_draw_the_same_crowd_and_another_day_another(chain):
    def drawn(now, seed=world.SEED):
        made = world.new_world(SIZE, seed, now)
        made.shops = {
            plan.code: [world.Shop(pk, f"S{pk}", pk % 5, 1.0, 1, trades=True, scanned=True) for pk in range(1, 20)]
            for plan in world.BRANDS
        }
        plan = world.BRANDS[1]
        return people.people(made, plan).joined.tolist(), trade.receipts(made, plan).at.tolist()

    assert drawn(NOW) == drawn(NOW)
    assert drawn(NOW) != drawn(NOW, seed=1)
    assert drawn(NOW) != drawn(NOW.replace(day=19))


def test_the_series_refuses_numbers_outside_the_block(db):
    with pytest.raises(ValueError, match="9,999,999"):
        members_founding.join_series(1, 10_000_000, stores=[1], channel=1, surnames=["王"], given=["明"], now=NOW)
