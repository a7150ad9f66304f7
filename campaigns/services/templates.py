"""Campaigns to be made again without new work. An edit makes the next version; campaigns keep what they copied."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from stores.models import Staff
from stores.services import log

from ..models import Campaign, CampaignTemplate
from ..rules import content
from . import campaigns

FIELDS = frozenset({
    "brand", "name", "name_en", "text", "text_en", "sender", "coupon_template", "is_local", "first_day", "last_day",
    "most_days", "discount_floor", "budget", "most_at_once", "radius_m",
})  # fmt: skip
COPIED = ("brand", "sender", "coupon_template", "text", "text_en")


class TemplateProblem(Exception):
    """The template cannot be as wished. The text may be shown."""


@transaction.atomic(durable=True)
def save(template: CampaignTemplate | None, *, by: Staff | None, now: datetime, **fields: Any) -> CampaignTemplate:
    """Make a template, or the next version of one. Raises TemplateProblem."""
    if strange := set(fields) - FIELDS:
        raise TypeError(f"unknown fields: {sorted(strange)}")
    if template is None:
        made = CampaignTemplate(created_by=by, created_at=now, updated_at=now, **fields)
        _check(made)
        made.save(force_insert=True)
        log.record("campaign_template.created", made, by=by, now=now, after={"name": made.name})
        return made
    held = CampaignTemplate.objects.select_for_update(no_key=True).get(pk=template.pk)
    before = {name: str(getattr(held, name)) for name in fields}
    for name, value in fields.items():
        setattr(held, name, value)
    _check(held)
    after = {name: str(getattr(held, name)) for name in fields}
    changed = [name for name in fields if before[name] != after[name]]
    if not changed:
        return held
    held.version += 1
    held.updated_at = now
    held.save(update_fields=[*fields, "version", "updated_at"])
    log.record(
        "campaign_template.edited", held, by=by, now=now, before={name: before[name] for name in changed},
        after={name: after[name] for name in changed} | {"version": held.version},
    )  # fmt: skip
    return held


@transaction.atomic(durable=True)
def retire(template: CampaignTemplate, *, by: Staff | None, now: datetime, reason: str = "") -> None:
    """Nobody makes new campaigns from it; what runs goes on. Safe to repeat."""
    if CampaignTemplate.objects.filter(pk=template.pk, retired_at=None).update(
        retired_at=now, version=F("version") + 1
    ):
        log.record("campaign_template.retired", template, by=by, now=now, reason=reason)


@transaction.atomic(durable=True)
def start_from(template: CampaignTemplate, *, name: str, by: Staff | None, now: datetime, **fields: Any) -> Campaign:
    """A draft that copies the template as it is now. Raises TemplateProblem for a retired one, CampaignProblem."""
    held = CampaignTemplate.objects.get(pk=template.pk)
    if held.retired_at:
        raise TemplateProblem(_("This template is not used any more."))
    copied = {field: getattr(held, field) for field in COPIED}
    given = {**copied, "name": name, "template": held, "template_version": held.version} | fields
    return campaigns.save_draft_inner(None, by=by, now=now, **given)


@transaction.atomic(durable=True)
def save_as(campaign: Campaign, *, name: str, by: Staff | None, now: datetime) -> CampaignTemplate:
    """A template out of a campaign that went well. Raises TemplateProblem."""
    copied = {field: getattr(campaign, field) for field in COPIED}
    made = CampaignTemplate(name=name, created_by=by, created_at=now, updated_at=now, **copied)
    _check(made)
    made.save(force_insert=True)
    log.record("campaign_template.created", made, by=by, now=now, after={"name": name, "campaign": campaign.number})
    return made


def _check(template: CampaignTemplate) -> None:
    """Raises TemplateProblem."""
    if not template.name.strip():
        raise TemplateProblem(_("Give the template a name."))
    try:
        content.check(template.text)
        content.check(template.text_en)
    except content.ContentProblem as problem:
        raise TemplateProblem(str(problem)) from problem
    if template.first_day and template.last_day and template.last_day < template.first_day:
        raise TemplateProblem(_("The last day lies before the first."))
    if not template.is_local:
        return
    if template.coupon_template is None or template.sender is None:
        raise TemplateProblem(_("A template that stores may start needs a coupon and a sender."))
    if template.coupon_template.program.brand_id != template.brand_id:
        raise TemplateProblem(_("The coupon is of another brand."))
    if not 0 <= template.discount_floor <= 100 or template.most_days < 1 or template.budget <= 0:
        raise TemplateProblem(_("Limits of days, price and budget must be positive."))
