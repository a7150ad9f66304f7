"""Templates of campaigns: saved, retired, and made into drafts. A draft copies and never follows its template."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from stores.models import Staff
from stores.services import log

from ..models import Campaign, CampaignTemplate
from ..rules import content
from . import campaigns

FIELDS = (
    "brand", "name", "name_en", "text", "text_en", "sender", "coupon_template", "is_local", "first_day", "last_day",
    "most_days", "discount_floor", "budget", "most_at_once", "radius_m",
)  # fmt: skip
COPIED = (
    "kind", "brand", "trigger", "segment", "sender", "purpose", "subject", "subject_en", "text", "text_en", "link",
    "coupon_template", "quiet_from", "quiet_until", "drop_stale_after", "cap_count", "cap_days", "window_days",
)  # fmt: skip


class TemplateProblem(Exception):
    """The template cannot be as wished. The text may be shown."""


@transaction.atomic(durable=True)
def save(template: CampaignTemplate | None, *, by: Staff | None, now: datetime, **fields: Any) -> CampaignTemplate:
    """Make a template, or change one: its version then grows by one. Raises TemplateProblem."""
    if strange := set(fields) - set(FIELDS):
        raise TypeError(f"unknown fields: {sorted(strange)}")
    if template is None:
        made = CampaignTemplate(**fields, created_by=by, created_at=now, updated_at=now)
        _check(made)
        made.save(force_insert=True)
        log.record("template.created", made, by=by, now=now, after=_shown(made, fields))
        return made
    held = CampaignTemplate.objects.select_for_update(no_key=True).get(pk=template.pk)
    if held.retired_at:
        raise TemplateProblem(_("This template is retired and can no longer be changed."))
    before = _shown(held, fields)
    for name, value in fields.items():
        setattr(held, name, value)
    _check(held)
    after = _shown(held, fields)
    changed = [name for name in fields if before[name] != after[name]]
    if changed:
        held.version, held.updated_at = held.version + 1, now
        held.save(update_fields=[*changed, "version", "updated_at"])
        log.record(
            "template.edited", held, by=by, now=now,
            before={name: before[name] for name in changed}, after={name: after[name] for name in changed},
        )  # fmt: skip
    return held


@transaction.atomic(durable=True)
def retire(template: CampaignTemplate, *, by: Staff | None, now: datetime) -> None:
    """Nothing new is made from it; what was made stays. A second time changes nothing."""
    if CampaignTemplate.objects.filter(pk=template.pk, retired_at=None).update(retired_at=now):
        log.record("template.retired", template, by=by, now=now)


@transaction.atomic(durable=True)
def use(template: CampaignTemplate, *, by: Staff | None, now: datetime) -> Campaign:
    """A draft with the template's content. Raises TemplateProblem for a retired one."""
    held = CampaignTemplate.objects.get(pk=template.pk)
    if held.retired_at:
        raise TemplateProblem(_("This template is retired. Choose another."))
    return campaigns.save_draft_inner(
        None, by=by, now=now, name=held.name, brand=held.brand, template=held, template_version=held.version,
        text=held.text, text_en=held.text_en, sender=held.sender, coupon_template=held.coupon_template,
    )  # fmt: skip


@transaction.atomic(durable=True)
def copy(campaign: Campaign, *, by: Staff | None, now: datetime) -> Campaign:
    """A draft with the content and the limits of a campaign; its audience rule too, but no date and no locked audience.

    Raises CampaignProblem for a store's own promotion: that is started from its template.
    """
    if campaign.kind == Campaign.Kind.LOCAL:
        raise campaigns.CampaignProblem(_("A store starts its promotion from the template."))
    given = {name: getattr(campaign, name) for name in COPIED}
    name = _("Copy of %(name)s") % {"name": campaign.name}
    return campaigns.save_draft_inner(None, by=by, now=now, name=name[:80], **given)


@transaction.atomic(durable=True)
def save_as(campaign: Campaign, *, name: str, by: Staff | None, now: datetime) -> CampaignTemplate:
    """A template out of a campaign that went well. Raises TemplateProblem."""
    made = CampaignTemplate(
        name=name, brand=campaign.brand, text=campaign.text, text_en=campaign.text_en, sender=campaign.sender,
        coupon_template=None if campaign.kind == Campaign.Kind.LOCAL else campaign.coupon_template, created_by=by,
        created_at=now, updated_at=now,
    )  # fmt: skip
    _check(made)
    made.save(force_insert=True)
    log.record("template.created", made, by=by, now=now, after={"name": name, "campaign": campaign.number})
    return made


def _shown(template: CampaignTemplate, fields: Any) -> dict[str, str]:
    return {name: str(getattr(template, name)) for name in fields}


def _check(template: CampaignTemplate) -> None:
    """Raises TemplateProblem."""
    try:
        used = content.check(template.text) | content.check(template.text_en)
    except content.ContentProblem as problem:
        raise TemplateProblem(str(problem)) from problem
    coupon = template.coupon_template
    if used & {"coupon", "code"} and coupon is None:
        raise TemplateProblem(_("The message names a coupon, but none is chosen."))
    if coupon is not None and coupon.program.brand_id != template.brand_id:
        raise TemplateProblem(_("This coupon is of another brand."))
    if not template.name.strip():
        raise TemplateProblem(_("Give the template a name."))
    if not 0 <= template.discount_floor <= 100 or template.most_days < 1 or template.budget <= 0:
        raise TemplateProblem(_("Limits of days, price and budget must be positive."))
    if template.first_day and template.last_day and template.last_day < template.first_day:
        raise TemplateProblem(_("The last day lies before the first."))
    if template.is_local and (coupon is None or template.sender is None):
        raise TemplateProblem(_("A template that stores may start needs a coupon and a sender."))
