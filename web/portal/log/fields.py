"""What the log wrote down of a thing, in words: names of fields, coded values, moments, rules."""

from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from loyalty.models import CouponTemplate
from members.models import Consent, Member, PrivacyRequest
from segments.rules import tree
from segments.rules.sentence import sentence
from stores.access import Role
from stores.models import Brand, Channel, Staff
from web.ui.formats import moment

FIELDS: dict[str, Any] = {
    "username": _("login name"),
    "name": _("name"),
    "name_en": _("English name"),
    "role": _("role"),
    "scope": _("scope"),
    "places": _("places"),
    "phone": _("phone"),
    "email": _("e-mail"),
    "language": _("language"),
    "time_zone": _("time zone"),
    "sessions": _("sessions"),
    "codes_revoked": _("codes revoked"),
    "code": _("code"),
    "points": _("points"),
    "asked": _("filter"),
    "city": _("city"),
    "address": _("address"),
    "count": _("count"),
    "status": _("status"),
    "store": _("store"),
    "discount": _("discount"),
    "order_amount": _("order amount"),
    "order_number": _("receipt number"),
    "kind": _("kind"),
    "value": _("value"),
    "most": _("at most off"),
    "threshold": _("from an order of"),
    "place": _("where it counts"),
    "terms": _("conditions in words"),
    "terms_en": _("conditions in English"),
    "valid_days": _("days valid"),
    "valid_from": _("not before"),
    "valid_until": _("last day"),
    "stock": _("stock"),
    "is_welcome": _("given on joining"),
    "is_live": _("live"),
    "version": _("version"),
    "rule": _("rule"),
    "members": _("members"),
    "number": _("number"),
    "sha256": _("fingerprint"),
    "description": _("description"),
    "subject": _("subject"),
    "subject_en": _("English subject"),
    "text": _("text"),
    "text_en": _("English text"),
    "link": _("link"),
    "sender": _("sender"),
    "purpose": _("purpose"),
    "medium": _("medium"),
    "request": _("request"),
    "lines": _("lines"),
    "trigger": _("trigger"),
    "template": _("template"),
    "template_version": _("version of the template"),
    "segment": _("audience"),
    "snapshot": _("locked audience"),
    "coupon_template": _("coupon"),
    "starts_at": _("starts"),
    "ends_at": _("ends"),
    "quiet_from": _("quiet from"),
    "quiet_until": _("quiet until"),
    "drop_stale_after": _("hours until a late message is dropped"),
    "cap_count": _("messages at most"),
    "cap_days": _("days of that limit"),
    "window_days": _("days that count as a result"),
    "budget": _("budget"),
    "is_local": _("for stores"),
    "first_day": _("first day"),
    "last_day": _("last day"),
    "most_days": _("days at most"),
    "discount_floor": _("lowest price after discount (%)"),
    "most_at_once": _("promotions at once"),
    "radius_m": _("radius (m)"),
    "campaign": _("campaign"),
    "settings": _("settings"),
    "rate": _("messages per second"),
    "is_active": _("in use"),
    "is_idempotent": _("takes a key once"),
    "is_silent": _("says nothing aloud"),
    "reference": _("reference"),
    "brand": _("brand"),
    "region": _("region"),
    "dealer": _("dealer"),
    "province": _("province"),
    "latitude": _("latitude"),
    "longitude": _("longitude"),
    "opened_on": _("opened"),
    "on": _("day"),
    "gender": _("gender"),
    "birthday": _("birthday"),
    "note": _("note"),
    "points_per_yuan": _("points per yuan"),
    "growth_per_yuan": _("growth value per yuan"),
    "binding": _("binding rule"),
    "days": _("days"),
    "channel": _("channel"),
    "platform": _("platform"),
    "shares": _("may share"),
    "fresh_minutes": _("minutes of silence allowed"),
    "secret": _("secret"),
    "answer": _("answer"),
    "failed": _("failed"),
    "key": _("key"),
    "scopes": _("rights"),
    "addresses": _("allowed addresses"),
    "must_sign": _("must sign"),
    "calls_per_minute": _("calls per minute"),
    "expires_at": _("ends on"),
    "stores": _("stores"),
    "form": _("form"),
    "list": _("list"),
    "shared": _("shared"),
    "tag": _("tag"),
    "group": _("group"),
    "sheet": _("sheet"),
    "columns": _("columns"),
    "rows": _("rows"),
    "new": _("new"),
    "updated": _("updated"),
}


def _choices(model: type[Model], name: str) -> dict[Any, Any]:
    return dict(getattr(model._meta.get_field(name), "choices", None) or ())


CHOICES: dict[str, dict[Any, Any]] = {
    "role": dict(Role.CHOICES),
    "scope": dict(Staff.Scope.choices),
    "language": _choices(Staff, "language"),
    "status": _choices(Campaign, "status"),
    "medium": _choices(Consent, "medium"),
    "kind": {
        word: label
        for model in (PrivacyRequest, Campaign, Channel, CouponTemplate)
        for word, label in _choices(model, "kind").items()
    },
    "place": _choices(CouponTemplate, "place"),
    "gender": _choices(Member, "gender"),
    "binding": _choices(Brand, "binding"),
}


def field(word: str) -> str:
    return str(FIELDS.get(word, word.replace("_", " ")))


def value(given: Any, name: str = "") -> str:
    """A logged value in a line of text: coded values of known fields, moments and rules in the reader's words."""
    if given in (None, "", "None", [], {}):
        return "–"
    if isinstance(given, bool) or given in ("True", "False"):
        return gettext("yes") if given in (True, "True") else gettext("no")
    if isinstance(given, list):
        shown = ", ".join(value(one, name) for one in given[:6])
        return f"{shown} …" if len(given) > 6 else shown
    if isinstance(given, dict):
        return (
            _rule(given)
            if name == "rule"
            else ", ".join(f"{field(key)} {value(one, key)}" for key, one in given.items())
        )
    known = CHOICES.get(name, {}).get(given)
    return str(known) if known is not None else _moment(given) or str(given)


def _rule(given: dict) -> str:
    try:
        return sentence(given)
    except tree.RuleError:  # of a former release
        return str(given)


def _moment(given: Any) -> str:
    """`2026-10-13T10:00:00+08:00` by the reader's clock; nothing for what is no moment."""
    try:
        at = parse_datetime(given) if isinstance(given, str) and len(given) > 18 else None
    except ValueError:
        return ""
    return moment(at) if isinstance(at, datetime) and at.tzinfo else ""
