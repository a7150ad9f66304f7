"""A member's yes and no, each with the very words it was given to."""

from datetime import datetime

from stores.models import Store
from stores.services import log

from ..models import Consent, ConsentText, Member
from ..models.consent import Purpose
from ..rules import consent_texts
from . import events, identity

__all__ = ["Purpose", "give", "publish", "withdraw"]


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
) -> Consent | None:
    """Write a yes (or a no) to the current text in the language it was shown in. Inner.

    None when the same answer to the same text already holds: a double post is one consent.
    """
    member = identity.hold(member)
    text = publish(consent_texts.current(purpose, language), now=now)
    held = latest(member, purpose)
    if held and held.is_given == is_given and held.text_id == text.pk:
        return None
    made = Consent.objects.create(
        member=member, purpose=purpose, is_given=is_given, text=text, at=now, method=method, store=store,
        address=address, evidence=f"{purpose} v{text.version} {text.language} {text.sha256[:12]}",
        came_as=member.came_as,
    )  # fmt: skip
    kind = "consent.given" if is_given else "consent.refused"
    events.append(kind, member=member, at=now, store=store, purpose=purpose, version=text.version)
    log.record(kind, member, by=None, now=now, store_id=store.pk if store else None, after={"purpose": purpose})
    return made


def withdraw(member: Member, purpose: str, *, method: str, now: datetime, address: str | None = None) -> Consent | None:
    """Take a yes back; None when there is none to take back. Inner."""
    member = identity.hold(member)
    held = latest(member, purpose)
    if held is None or not held.is_given:
        return None
    made = Consent.objects.create(
        member=member, purpose=purpose, is_given=False, text=held.text, at=now, method=method, address=address,
        came_as=member.came_as,
    )  # fmt: skip
    version = held.text.version if held.text else None  # a yes from an old file has no text of ours
    events.append("consent.withdrawn", member=member, at=now, purpose=purpose, version=version)
    log.record("consent.withdrawn", member, by=None, now=now, after={"purpose": purpose})
    return made


def latest(member: Member, purpose: str) -> Consent | None:
    """The answer that holds."""
    return Consent.objects.filter(member=member, purpose=purpose).order_by("-at", "-pk").first()
