"""A member's yes and no, each with the very words it was given to."""

from datetime import datetime
from typing import Any

from stores.models import Channel, Store
from stores.services import log

from ..models import Consent, ConsentText, Member
from ..models.consent import Medium, Purpose
from ..queries import consents
from ..rules import consent_texts
from . import events, identity

__all__ = ["Medium", "Purpose", "give", "publish", "withdraw"]


def publish(text: consent_texts.Text, *, now: datetime) -> ConsentText:
    """The stored row of a text; written the first time somebody agrees to it. Inner, safe to repeat and to race."""
    row = ConsentText.objects.filter(purpose=text.purpose, version=text.version, language=text.language).first()
    if row is None:
        new = ConsentText(
            purpose=text.purpose, version=text.version, language=text.language, title=text.title,
            body=f"{text.label}\n{text.body}", sha256=text.sha256, published_at=now,
        )  # fmt: skip
        ConsentText.objects.bulk_create([new], ignore_conflicts=True)
        row = ConsentText.objects.get(purpose=text.purpose, version=text.version, language=text.language)
    if row.sha256 != text.sha256:
        raise ValueError(f"The published text {text.purpose} {text.version} {text.language} was edited.")
    return row


def ensure_texts(*, now: datetime) -> None:
    """Store every text that the code knows; for demo chains and first days. Inner."""
    for text in consent_texts.TEXTS:
        publish(text, now=now)


def give(
    member: Member,
    purpose: str,
    *,
    language: str,
    method: str,
    now: datetime,
    store: Store | None = None,
    address: str | None = None,
    is_given: bool = True,
    medium: int = Medium.EVERY,
    channel: Channel | None = None,
) -> Consent | None:
    """Write a yes (or a no) to the current text in the language it was shown in. Inner.

    ``medium`` narrows an answer about offers to one medium; ``channel`` is where it was given.
    None when the same answer to the same text already holds: a double post is one consent.
    """
    member = identity.hold(member)
    text = publish(consent_texts.current(purpose, language), now=now)
    held = latest(member, purpose, medium)
    if held and held.is_given == is_given and held.text_id == text.pk and _is_last(held, is_given):
        return None
    made = Consent.objects.create(
        member=member, purpose=purpose, medium=medium, is_given=is_given, text=text, at=now, method=method, store=store,
        address=address, evidence=_evidence(text, channel),
        came_as=member.came_as,
    )  # fmt: skip
    kind = "consent.given" if is_given else "consent.refused"
    events.append(
        kind, member=member, at=now, store=store, channel=channel, **_about(purpose, medium), version=text.version
    )
    after = _about(purpose, medium)
    log.record(kind, member, by=None, now=now, store_id=store.pk if store else None, after=after)
    return made


def _evidence(text: ConsentText, channel: Channel | None) -> str:
    said = f"{text.purpose} v{text.version} {text.language} {text.sha256[:12]}"
    return f"{said} via {channel.code}" if channel else said


def withdraw(
    member: Member, purpose: str, *, method: str, now: datetime, address: str | None = None, medium: int = Medium.EVERY
) -> Consent | None:  # fmt: skip
    """Take a yes back, for one medium or for all; None when nothing of it holds. Inner."""
    member = identity.hold(member)
    standing = [each for each in consents.state(member, [purpose]) if medium in (Medium.EVERY, each.medium)]
    held = next((each.row for each in standing if each.is_given), None)
    if held is None:
        return None
    made = Consent.objects.create(
        member=member, purpose=purpose, medium=medium, is_given=False, text=held.text, at=now, method=method, address=address,
        came_as=member.came_as,
    )  # fmt: skip
    version = held.text.version if held.text else None  # a yes from an old file has no text of ours
    events.append("consent.withdrawn", member=member, at=now, **_about(purpose, medium), version=version)
    log.record("consent.withdrawn", member, by=None, now=now, after=_about(purpose, medium))
    return made


def latest(member: Member, purpose: str, medium: int = Medium.EVERY) -> Consent | None:
    """The last answer about exactly this medium (0: about all of them)."""
    return Consent.objects.filter(member=member, purpose=purpose, medium=medium).order_by("-at", "-pk").first()


def _is_last(held: Consent, is_given: bool) -> bool:
    """Whether nothing said since changes what this answer does: a later no to all, or a later yes to one medium."""
    later = Consent.objects.filter(member=held.member_id, purpose=held.purpose, is_given=not is_given, at__gte=held.at)
    about = later.exclude(pk=held.pk).exclude(medium=held.medium)
    return not (about.filter(medium=Medium.EVERY) if held.medium else about.filter(is_given=True)).exists()


def _about(purpose: str, medium: int) -> dict[str, Any]:
    """What an event and the log say of an answer: a medium only where it narrows."""
    return {"purpose": purpose, "medium": medium} if medium else {"purpose": purpose}
