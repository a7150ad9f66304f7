"""What the campaign pages show: the trail of steps, the phone with the message, the funnel."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign, Delivery
from campaigns.queries.reports import Results
from campaigns.rules import content
from campaigns.services import campaigns
from members.models import Member
from members.rules import phones
from segments.queries import audiences
from segments.queries.audiences import TooSlow
from segments.rules.tree import RuleError
from stores.models import Sender, Staff
from web.ui import formats

STEPS = [
    ("audience", gettext_lazy("Audience")), ("content", gettext_lazy("Message")), ("coupon", gettext_lazy("Coupon")),
    ("schedule", gettext_lazy("Schedule")), ("review", gettext_lazy("Review")),
]  # fmt: skip
LANGUAGES = [("zh-hans", "text", "subject", "中文"), ("en", "text_en", "subject_en", "English")]
ENDING = "1234567-1234567890"  # as long as the end of a real link
Status = Delivery.Status


# --- the steps -----------------------------------------------------------------------------------------
def trail(here: str, campaign: Campaign | None) -> list[dict[str, Any]]:
    """The five steps: label, address, and done, here or ahead."""
    done = ready(campaign) if campaign else set()
    return [
        {
            "label": label, "state": "here" if word == here else "done" if word in done else "ahead",
            "url": reverse(f"campaign-{word}", args=[campaign.pk]) if campaign else "",
        }
        for word, label in STEPS
    ]  # fmt: skip


def ready(campaign: Campaign) -> set[str]:
    """The steps that have what they need. A campaign may go without a coupon and starts at once without a date."""
    found = {"coupon", "schedule"} if campaign.text or campaign.text_en else set()
    if campaign.segment_id or campaign.trigger:
        found.add("audience")
    if campaign.sender_id and (campaign.text or campaign.text_en):
        found.add("content")
    return found


# --- the phone -----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Preview:
    """The message in one language as somebody would read it. ``problem``: why it cannot be shown."""

    language: str
    label: str
    medium: str = "sms"
    sender: str = ""
    subject: str = ""
    text: str = ""
    parts: content.Parts | None = None
    problem: str = ""


def previews(campaign: Campaign, member: Member | None) -> list[Preview]:
    """One for each language that has a text; the first language when none has."""
    written = [one for one in LANGUAGES if getattr(campaign, one[1])]
    return [_preview(campaign, member, *one) for one in written or LANGUAGES[:1]]


def _preview(
    campaign: Campaign, member: Member | None, language: str, text: str, subject: str, label: str
) -> Preview:  # fmt: skip
    medium = Sender.Medium(campaign.sender.medium).name.lower() if campaign.sender else "sms"
    name = campaign.brand.name_en if language == "en" and campaign.brand.name_en else campaign.brand.name
    alone = copy(campaign)
    if not getattr(campaign, text):
        return Preview(language, label, medium, name)
    alone.text, alone.text_en = (campaign.text, "") if language == "zh-hans" else ("", campaign.text_en)
    try:
        whole = campaigns.preview(alone, _masked(member), language=language)
        content.check(getattr(campaign, subject))
    except content.ContentProblem as problem:
        return Preview(language, label, medium, name, problem=str(problem))
    facts = {"name": phones.mask_name(member.name) if member and member.name else ""}
    title = content.render(getattr(campaign, subject), facts, language) or name
    parts = content.parts(_as_long_as_real(whole)) if medium == "sms" else None
    return Preview(language, label, medium, name, title, whole, parts)


def _masked(member: Member | None) -> Member | None:
    """The same person with a masked name; not saved."""
    if member is None:
        return None
    shown = copy(member)
    shown.name = phones.mask_name(member.name) if member.name else ""
    return shown


def _as_long_as_real(text: str) -> str:
    for room in ("/l/", "/u/", "/f/"):
        text = text.replace(f"{settings.SITE_URL}{room}…", f"{settings.SITE_URL}{room}{ENDING}")
    return text


def sample(campaign: Campaign, staff: Staff, *, now: datetime) -> Member | None:
    """A member of the audience whom this person may see; None when there is none or counting takes too long."""
    if campaign.segment is None:
        return None
    try:
        return audiences.sample(campaign.segment.rule, staff, now=now, limit=1).first()
    except (RuleError, TooSlow):
        return None


# --- the funnel ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Loss:
    label: str
    count: int
    url: str


@dataclass(frozen=True)
class Bar:
    """One step of the funnel. ``share`` (0..100) of what was planned, ``of_sent`` (0..1) of what was sent or None."""

    label: str
    count: int
    share: float
    url: str
    of_sent: float | None = None
    losses: list[Loss] = field(default_factory=list)


def funnel(campaign: Campaign, results: Results) -> list[Bar]:
    """Planned → eligible → sent → opened → used; each loss below the step before which it happened."""
    held = [_loss(campaign, each) for each in results.lost if each.status == Status.SUPPRESSED]
    failed = [_loss(campaign, each) for each in results.lost if each.status != Status.SUPPRESSED]
    if results.waiting:
        failed.append(Loss(_("Still waiting"), results.waiting, _messages(campaign, status=Status.PENDING)))
    bars = [
        _bar(_("Planned"), results.planned, results, _messages(campaign), losses=held),
        _bar(_("Eligible"), results.eligible, results, "", losses=failed),
        _bar(_("Sent"), results.sent, results, _messages(campaign, status=Status.SENT)),
        _bar(_("Opened the link"), results.opened, results, _messages(campaign, did="opened"), is_act=True),
    ]
    if campaign.coupon_template_id:
        used = _messages(campaign, did="redeemed")
        bars.append(_bar(_("Used the coupon"), results.redeemed, results, used, is_act=True))
    return bars


def _bar(
    label: str, count: int, results: Results, url: str, *, is_act: bool = False, losses: list[Loss] | None = None
) -> Bar:  # fmt: skip
    share = round(100 * count / results.planned, 1) if results.planned else 0
    of_sent = count / results.sent if is_act and results.sent else None
    return Bar(label, count, share, url if count else "", of_sent, losses or [])


def _loss(campaign: Campaign, lost: Any) -> Loss:
    label = f"{Status(lost.status).label}: {lost.label}" if lost.status != Status.SUPPRESSED else lost.label
    return Loss(label, lost.count, _messages(campaign, status=lost.status, reason=lost.reason))


def _messages(campaign: Campaign, **asked: Any) -> str:
    """The list of the people behind a number."""
    address = reverse("campaign-messages", args=[campaign.pk])
    return f"{address}?{urlencode({name: str(int(v)) if name == 'status' else v for name, v in asked.items()})}"


def rule_of(results: Results) -> str:
    """The rule by which orders count, stated."""
    return _(
        "Every order of a member who got the message counts once, if it was paid within %(days)s days after the"
        " message reached them; refunds are taken off. It tells what they bought, not what they would have bought"
        " without the message."
    ) % {"days": results.window_days}


def seconds_left(waiting: int, speed: float) -> str:
    """How long it will take at this speed, in words; nothing while nobody can tell."""
    if not speed or not waiting:
        return ""
    minutes = waiting / speed / 60
    if minutes < 1:
        return _("less than a minute left")
    return _("about %(minutes)s minutes left") % {"minutes": formats.number(round(minutes))}
