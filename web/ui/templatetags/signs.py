"""Words for what two records of one person share, or contradict each other in."""

from collections.abc import Iterable

from django import template
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

register = template.Library()

SIGNS = {
    "phone": _("phone"), "family phone": _("phone of a family"), "shared phone": _("phone of many"),
    "recycled phone": _("phone given out anew"), "name": _("name"), "birthday": _("birthday"), "gender": _("gender"),
    "card": _("card number"), "email": _("e-mail"), "openid": "OpenID", "unionid": "UnionID", "wecom": _("WeCom contact"),
    "alipay": _("Alipay user"), "buyer": _("buyer on a platform"), "device": _("device"),
}  # fmt: skip


CASE = "case: "  # as loyalty.services.matching.decide names the rule of a merge


@register.filter
def sign(code: str) -> str:
    """``phone+name`` in words: each part by its name, a scope behind a colon as it stands. ``case: …``: a person chose."""
    parts, rule = [], code.removeprefix(CASE)
    for part in rule.split("+"):
        name, colon, scope = part.partition(":")
        parts.append(f"{SIGNS.get(name, name)}{colon}{scope}")
    said = gettext(" and ").join(parts)
    return gettext("looked at by a colleague: %(signs)s") % {"signs": said} if rule != code else said


@register.filter
def signs(codes: Iterable[str]) -> str:
    """Several, as a list."""
    return gettext(", ").join(sign(code) for code in codes)
