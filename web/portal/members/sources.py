"""Where each value on a member's page comes from, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from loyalty.queries.accounts import Holding
from members.models import Consent, Identity, Member, MemberTag, StoreBinding
from members.queries import lineage, tags
from members.queries.lineage import Lineage, Origin
from members.queries.tags import Given
from members.rules import phones
from web.ui import formats


@dataclass(frozen=True)
class Worn:
    """A tag with who put it on, when, and why."""

    row: MemberTag
    why: str
    url: str = ""


@dataclass(frozen=True)
class Source:
    """One value: what it is, as it may be shown, where from and since when."""

    label: Any
    value: Any
    words: str
    at: datetime | None = None
    url: str = ""


def worn(rows: Sequence[MemberTag]) -> list[Worn]:
    """Tags with who put them on and why."""
    return [_worn(given) for given in tags.given(rows)]


def _worn(given: Given) -> Worn:
    if given.run:
        url = reverse("import-detail", args=[given.run.pk])
        return Worn(given.row, _("from the file %(file)s") % {"file": given.run.file_name}, url)
    if given.to_audience:
        return Worn(given.row, _("given to an audience by %(who)s") % {"who": given.by or "–"})
    return Worn(given.row, _("given by %(who)s") % {"who": given.by} if given.by else _("given by a colleague"))


def told(origin: Origin | None) -> tuple[str, str]:
    """An origin in words, and the address of its file when it has one."""
    if origin is None:
        return _("not recorded"), ""
    words, url = _words(origin), ""
    if origin.run:
        url = reverse("import-detail", args=[origin.run.pk])
    if origin.merged:
        words = _("%(source)s, with the merged record %(number)s") % {"source": words, "number": origin.merged}
    return words, url


def _words(origin: Origin) -> str:
    if origin.run:
        return _("file %(file)s, row %(row)s") % {"file": origin.run.file_name, "row": origin.row}
    through = formats.local_name(origin.channel) if origin.channel else ""
    if origin.how == "joining":
        return _("joining through %(channel)s") % {"channel": through} if through else _("joining")
    if origin.how == "channel":
        return _("told by %(channel)s") % {"channel": through}
    return _("edited by %(who)s") % {"who": origin.who} if origin.who else _("written here")


def of(
    member: Member, identities: Sequence[Identity], consents: Sequence[Consent], words: Sequence[Worn],
    held: Iterable[Holding], links: Sequence[StoreBinding],
) -> list[Source]:  # fmt: skip
    """Every attribute of the page with its source: profile, links, identities, tags, consents, tiers."""
    known = lineage.of(member)
    began, url = told(known.began)
    return [
        *_profile(member, known), Source(_("Joined"), formats.day(member.joined_at), began, member.joined_at, url),
        *(_link(row, known) for row in links if row.associate and row.ended_at is None),
        *(_identity(row, known) for row in identities),
        *(Source(_("Tag"), formats.local_name(one.row.tag), one.why, one.row.added_at, one.url) for one in words),
        *(_consent(row, known) for row in consents),
        *(Source(_("Tier"), formats.local_name(each.tier), _("by growth value, from the ledger")) for each in held),
    ]  # fmt: skip


def _link(row: StoreBinding, known: Lineage) -> Source:
    words, url = told(known.moments.get(row.bound_at))
    if not url:
        words = _("store code %(code)s") % {"code": row.code.public} if row.code else _("without a code")
    return Source(_("Associate"), row.associate, words, row.bound_at, url)


def _profile(member: Member, known: Lineage) -> Iterable[Source]:
    values = {
        "name": (pgettext("person", "Name"), phones.mask_name(member.name)),
        "gender": (_("Gender"), member.get_gender_display() if member.gender else ""),
        "birthday": (_("Birthday"), f"{member.birthday:%m-%d}" if member.birthday else ""),
        "language": (_("Language"), "English" if member.language == "en" else "中文"),
        "note": (_("Note"), member.note),
        "home_store": (_("Home store"), formats.local_name(member.home_store) if member.home_store else ""),
    }  # fmt: skip
    for name, (label, value) in values.items():
        if value:
            origin = known.fields.get(name)
            words, url = told(origin)
            yield Source(label, value, words, origin.at if origin else None, url)


def _identity(row: Identity, known: Lineage) -> Source:
    value = phones.mask(row.value) if row.kind == Identity.Kind.PHONE else f"****{row.value[-4:]}"
    words, url = told(known.at(row.added_at, row.channel))
    return Source(row.get_kind_display(), value, words, row.added_at, url)


def _consent(row: Consent, known: Lineage) -> Source:
    value = _("Given") if row.is_given else _("Not given")
    words, url = told(known.moments.get(row.at))
    words = words if url else row.method
    label = row.get_purpose_display()
    return Source(f"{label} · {row.get_medium_display()}" if row.medium else label, value, words, row.at, url)
