"""The retailer's campaigns through the real engine, each on its own day, and its coupons used where they were used.

How a year of history goes through an engine that is made for now: every step is told the moment it happened. A campaign
starts at midnight (UTC) of its first day, which is evening at the stores: the usual quiet hours and the usual cap of
three messages in seven days stay on and hold nobody back. Its window ends with its last day.

A coupon for each redemption, one to one: the first of a household is the one that its message brought, any further ones
(the mailings held several) are issued beside it. What a coupon was worth is not in the data: each takes off one unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

import pandas as pd
from django.db import transaction
from django.test.utils import override_settings

from campaigns.models import Campaign
from campaigns.services import campaigns, fanout, preparing, sending
from loyalty.models import CouponTemplate
from loyalty.queries import coupons as wallets
from loyalty.services import coupon_templates, coupons
from members.models import Tag
from members.queries import tags
from members.queries import totals as people
from segments.services import segments
from stores.models import Brand, Channel, Sender, Staff, Store
from stores.queries import stores as store_queries
from stores.services import senders

from .gateway import Gateway
from .source import Source, audience_tag, card_of, store_code

SECRET = "replay-" + "0" * 16  # signs calls to a server that lives for a minute
CALL = 100  # messages in one call
DAY = timedelta(days=1)


class Use(NamedTuple):
    """One redemption: the household's n-th in this campaign, with its basket of that day when there is one."""

    household: int
    nth: int
    at: datetime
    store: int
    key: str
    order_number: str
    amount: Decimal | None


def run(
    source: Source, brand: Brand, till: Channel, *, by: Staff, say: Callable[[str], None]
) -> tuple[dict[int, Campaign], int]:
    """Every campaign with an audience, in time order: by its number in the data, and how many messages were taken."""
    members = people.members_by_card(brand)
    words = {tag.name: tag for tag in tags.dictionary()}
    made: dict[int, Campaign] = {}
    # the gateway is a server of this very process: nothing leaves the machine, to whatever number
    with Gateway() as gateway, override_settings(SENDERS_MAY_STAY_INSIDE=True, DEMO_NUMBERS_BLOCK_SEND=False):
        sender = _sender(gateway, by, source.ends)
        for row in source.campaigns.itertuples(index=False):
            if (tag := words.get(audience_tag(row.campaign_id))) is not None:
                made[row.campaign_id] = _send(source, row, brand, sender, tag, by)
    say(f"{len(made)} campaigns sent, {len(gateway.taken):,} messages taken by the gateway")
    shops = {store.code: store for store in store_queries.visible_to(by).select_related("brand")}
    count = 0
    for number, campaign in made.items():
        count += _use_up(campaign, list(uses(source, number)), members, shops, till, by)
    say(f"{count:,} coupons used")
    return made, len(gateway.taken)


def _sender(gateway: Gateway, by: Staff, now: datetime) -> Sender:
    return senders.create(
        code="replay", name="重放短信", kind=Sender.Kind.WEBHOOK, medium=Sender.Medium.SMS, secret=SECRET, by=by, now=now,
        settings={"url": gateway.url, "size": CALL}, is_idempotent=True, rate=10_000,
    )  # fmt: skip


def moment(source: Source, day: pd.Timestamp) -> datetime:
    """Midnight (UTC, as all times of the data are taken) at the begin of a day, moved like everything else."""
    return datetime.combine(day.date(), time(), UTC) + source.shift


def _send(source: Source, row, brand: Brand, sender: Sender, tag: Tag, by: Staff) -> Campaign:
    """One campaign from the audience to the last message, at the moment it began."""
    begins, ends = moment(source, row.start_date), moment(source, row.end_date) + DAY
    name = f"Campaign {row.campaign_id} ({row.campaign_type})"
    segment = segments.save(None, name=name, description="", rule={"tag": tag.pk}, by=by, now=begins)
    coupon = coupon_templates.create(
        brand.program, name=name, kind=CouponTemplate.Kind.AMOUNT, value=Decimal(1), valid_days=(ends - begins).days,
        by=by, now=begins,
    )  # fmt: skip
    draft = campaigns.save_draft(
        None, name=name, brand=brand, segment=segment, sender=sender, coupon_template=coupon, text="{name}：{coupon} {code}",
        starts_at=begins, ends_at=ends, window_days=(ends - begins).days, by=by, now=begins,
    )  # fmt: skip
    launched = campaigns.launch(draft, by=by, now=begins)
    fanout.start_due(now=begins)
    sending.work(clock=lambda: begins, worker="replay", seconds=600)
    return launched


# --- coupons -------------------------------------------------------------------------------------------
def uses(source: Source, campaign: int) -> Iterator[Use]:
    """The redemptions of a campaign in time order: at the household's first basket of that day, else at its home store."""
    used = source.redemptions[source.redemptions.campaign_id == campaign]
    used = used.sort_values(["redemption_date", "household_id", "coupon_upc"], kind="stable")
    lines = source.lines[source.lines.household_id.isin(used.household_id)]
    homes = dict(lines.drop_duplicates("household_id")[["household_id", "store_id"]].itertuples(index=False))
    lines = lines.assign(day=lines.transaction_timestamp.dt.normalize())
    amounts = (lines.groupby("basket_id").sales_value.sum() * 100).round().astype(int)
    first = lines.drop_duplicates(["household_id", "day"]).set_index(["household_id", "day"])
    nth: dict[int, int] = {}
    for row in used.itertuples(index=False):
        household = row.household_id
        nth[household] = nth.get(household, 0) + 1
        key = f"{campaign}:{household}:{row.coupon_upc}:{row.redemption_date:%Y%m%d}"
        if (household, row.redemption_date) not in first.index:
            noon = moment(source, row.redemption_date) + DAY / 2
            yield Use(household, nth[household], noon, homes[household], key, "", None)
            continue
        basket = first.loc[household, row.redemption_date]
        at = (basket.transaction_timestamp.to_pydatetime() + source.shift).replace(tzinfo=UTC)
        amount = Decimal(int(amounts[basket.basket_id])).scaleb(-2)
        yield Use(household, nth[household], at, basket.store_id, key, str(basket.basket_id), amount or None)


def _use_up(
    campaign: Campaign, used: list[Use], members: dict[str, int], shops: dict[str, Store], till: Channel, by: Staff
) -> int:
    """Redeem one coupon for each, over the till, with a key against repeats; how many. Who got none can use none."""
    codes: dict[int, dict[int, str]] = {}
    for turn in sorted({use.nth for use in used}):
        source = preparing.source_of(campaign, turn)
        if turn > 1:
            wanted = [members[card_of(use.household)] for use in used if use.nth == turn]
            with transaction.atomic():
                coupons.issue_many(campaign.coupon_template, wanted, source=source, now=campaign.starts_at)
        held = wallets.visible_to(by).filter(template=campaign.coupon_template, source=source)
        codes[turn] = dict(held.values_list("member_id", "code"))
    count = 0
    for use in used:
        if code := codes[use.nth].get(members[card_of(use.household)]):
            coupons.redeem(
                code, store=shops[store_code(use.store)], channel=till, key=use.key, amount=use.amount,
                order_number=use.order_number, now=use.at,
            )  # fmt: skip
            count += 1
    return count
