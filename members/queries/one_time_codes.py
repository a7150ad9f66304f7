"""Counts of codes sent and tried, for the caps."""

from datetime import datetime

from django.db.models import QuerySet, Sum

from ..models import OneTimeCode
from ..rules import one_time_codes as rules
from ..rules.one_time_codes import Cap, Limit


def next_at(sent: QuerySet[OneTimeCode], caps: tuple[Cap, ...], *, now: datetime) -> datetime | None:
    """When these caps allow one more code; None when they do now."""
    latest = max(caps, key=lambda cap: cap.most).most
    longest = max(cap.span for cap in caps)
    times = list(sent.filter(sent_at__gt=now - longest).order_by("-sent_at").values_list("sent_at", flat=True)[:latest])
    waits = []
    for cap in caps:
        within = [at for at in times if at > now - cap.span]
        if len(within) >= cap.most:
            waits.append(within[cap.most - 1] + cap.span)
    return max(waits, default=None)


def first_limit(
    *, phone_hash: str, device_hash: str, address: str, store_code_id: int | None, budget: int, now: datetime
) -> tuple[Limit, datetime] | None:
    """The first cap that stops a code to this phone, and until when; None when it may be sent."""
    sent = OneTimeCode.objects.all()
    groups = [
        (Limit.PHONE, sent.filter(phone_hash=phone_hash), rules.PHONE),
        (Limit.DEVICE, sent.filter(session_hash=device_hash), rules.DEVICE),
        (Limit.NETWORK, sent.filter(address__range=rules.network(address)), rules.NETWORK),
        (Limit.STORE_CODE, sent.filter(store_code_id=store_code_id), rules.STORE_CODE),
        (Limit.BUDGET, sent, (Cap(rules.HOUR, budget),)),
    ]
    for limit, rows, caps in groups:
        if limit == Limit.STORE_CODE and store_code_id is None:
            continue
        if until := next_at(rows, caps, now=now):
            return limit, until
    return None


def wrong_tries(phone_hash: str, *, now: datetime) -> int:
    """How many wrong codes were typed for this phone within an hour."""
    recent = OneTimeCode.objects.filter(phone_hash=phone_hash, sent_at__gt=now - rules.HOUR)
    return recent.aggregate(sum=Sum("tries"))["sum"] or 0
