"""What a rule means, said a second time in slow Python over plain rows: no SQL, no arrays, nothing shared with the engines."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from math import asin, cos, floor, radians, sin, sqrt
from typing import Any
from zoneinfo import ZoneInfo

from loyalty.models import Account, Standing
from members.models import Consent, Identity, Member, MemberTag, Order, OrderLine
from stores.models import Store

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Brute:
    """All rows in memory; ``holds(rule, member)`` walks them."""

    def __init__(self, now: datetime):
        self.today = now.astimezone(SHANGHAI).date()
        self.stores = {store.pk: store for store in Store.objects.all()}
        self.members = list(Member.objects.all())
        self.tags, self.kinds, self.answers = defaultdict(set), defaultdict(set), {}
        for member, tag in MemberTag.objects.values_list("member_id", "tag_id"):
            self.tags[member].add(tag)
        for member, kind in Identity.objects.values_list("member_id", "kind"):
            self.kinds[member].add(kind)
        for each in Consent.objects.filter(purpose="marketing").order_by("at", "pk"):
            self.answers[each.member_id] = each.is_given
        self.sums, self.tiers = defaultdict(int), defaultdict(set)
        for account in Account.objects.select_related("book"):
            self.sums[account.member_id, account.book.asset] += account.balance
        for member, tier in Standing.objects.values_list("member_id", "tier_id"):
            self.tiers[member].add(tier)
        lines = defaultdict(list)
        for line in OrderLine.objects.select_related("product"):
            lines[line.order_id].append((line.product.category if line.product else "", line.amount))
        self.orders = defaultdict(list)
        for order in Order.objects.exclude(member=None):
            if order.refunded < order.amount or order.amount == 0:
                self.orders[order.member_id].append((order, lines[order.pk]))

    def ids(self, rule: dict[str, Any]) -> list[int]:
        return sorted(member.pk for member in self.members if self.holds(rule, member))

    def holds(self, rule: dict[str, Any], member: Member) -> bool:
        if "all" in rule:
            return all(self.holds(each, member) for each in rule["all"])
        if "any" in rule:
            return any(self.holds(each, member) for each in rule["any"])
        if "not" in rule:
            return not self.holds(rule["not"], member)
        if "tag" in rule:
            return rule["tag"] in self.tags[member.pk]
        if "near" in rule:
            return self.near(rule["near"], member)
        if "orders" in rule:
            return self.bought(rule["orders"], member)
        return self.attr(rule, self.value(rule["attr"], member))

    def attr(self, rule: dict[str, Any], value: Any) -> bool:
        if rule["op"] in ("known", "unknown"):
            return (value in (None, set(), "")) == (rule["op"] == "unknown")
        if value is None:
            return False
        if isinstance(value, set):
            return bool(value & set(rule["value"]))
        return value in rule["value"] if rule["op"] == "in" else compare(rule["op"], value, rule["value"])

    def value(self, name: str, member: Member) -> Any:
        home = self.stores.get(member.home_store_id)
        orders = self.orders[member.pk]
        born = member.birthday
        match name:
            case "age":
                return born and self.age(born)
            case "joined_days":
                return (self.today - member.joined_at.astimezone(SHANGHAI).date()).days
            case "last_order_days":
                return min((self.days_ago(order) for order, _ in orders), default=None)
            case "order_count":
                return len(orders)
            case "spent":
                return sum((order.amount - order.refunded for order, _ in orders), Decimal(0))
            case "points" | "growth":
                return self.sums[member.pk, name]
            case "tier":
                return self.tiers[member.pk]
            case "has_phone" | "has_email" | "has_wechat":
                return bool(self.kinds[member.pk] & {"has_phone": {1}, "has_email": {5}, "has_wechat": {3, 4}}[name])
        own = {
            "birthday_month": born and born.month, "joined_channel": member.joined_channel_id,
            "gender": member.gender or None, "marketing_consent": self.answers.get(member.pk, False),
        }  # fmt: skip
        if name in own:
            return own[name]
        places = {"home_store": "pk", "region": "region_id", "city": "city", "brand": "brand_id"}
        return home and getattr(home, places[name])

    def age(self, born: date) -> int:
        return self.today.year - born.year - ((self.today.month, self.today.day) < (born.month, born.day))

    def days_ago(self, order: Order) -> int:
        return (self.today - order.paid_at.astimezone(SHANGHAI).date()).days

    def bought(self, asked: dict[str, Any], member: Member) -> bool:
        wanted, count, fen = asked.get("category") or [], 0, 0
        for order, lines in self.orders[member.pk]:
            store = self.stores[order.store_id]
            if (
                (asked.get("days") and self.days_ago(order) >= asked["days"])
                or (asked.get("store") and store.pk not in asked["store"])
                or (asked.get("region") and store.region_id not in asked["region"])
                or (asked.get("channel") and order.channel_id not in asked["channel"])
                or (wanted and not any(category in wanted for category, _ in lines))
            ):
                continue
            count += 1
            net = order.amount - order.refunded
            if not wanted:
                fen += int(net * 100)
                continue
            share = Fraction(net) / Fraction(order.amount) if order.amount else Fraction(0)
            fen += sum(
                floor(max(Fraction(amount), 0) * 100 * share) for category, amount in lines if category in wanted
            )
        value = asked["value"]
        if asked["agg"] == "sum":
            value = [each * 100 for each in value] if isinstance(value, list) else value * 100
        return compare(asked["op"], count if asked["agg"] == "count" else fen, value)

    def near(self, asked: dict[str, Any], member: Member) -> bool:
        if member.latitude is None:
            return False
        if "store" in asked:
            store = self.stores[asked["store"]]
            lat, lon = float(store.latitude), float(store.longitude)
        else:
            lat, lon = asked["lat"], asked["lon"]
        return metres(float(member.latitude), float(member.longitude), lat, lon) <= asked["km"] * 1000


def compare(op: str, value: Any, given: Any) -> bool:
    if op == "between":
        return given[0] <= value <= given[1]
    return {
        "gte": value >= given, "lte": value <= given, "gt": value > given, "lt": value < given, "eq": value == given
    }[op]  # fmt: skip


def metres(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """The slow haversine on a sphere of 6,371,008.8 m."""
    a, b = radians(lat), radians(other_lat)
    h = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(other_lon - lon) / 2) ** 2
    return 2 * 6_371_008.8 * asin(min(1.0, sqrt(h)))
