"""Points and growth value: the verbs of the ledger. All of it is inner: the caller holds the transaction.

Every verb names its cause (``idem``) and does nothing the second time. Accounts are locked in the order of
(member, book), always before anything is looked up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from members.models import Member
from stores.models import Staff

from ..models import Account, Book, Entry, Program
from . import posting
from .posting import Posted, Posting, find

__all__ = [
    "MergedMeanwhile", "NotEnoughPoints", "Posted", "Posting", "TooMuchGivenBack", "adjust", "earn", "find", "lock",
    "post_many", "spend",
]  # fmt: skip


class NotEnoughPoints(Exception):
    """The account holds less than was asked for. The text may be shown."""


class MergedMeanwhile(Exception):
    """A member was merged into another while this was under way: find the person again and do it anew."""

    def __str__(self) -> str:
        return _("This member was just merged into another one. Open the page anew.")


class TooMuchGivenBack(Exception):
    """A reversal would take back more than the entry moved. The text may be shown."""


# --- accounts ------------------------------------------------------------------------------------------
def open_books(member_ids: Iterable[int], program: Program) -> None:
    """Make the members' accounts in both books of the programme where they are missing."""
    open_in(member_ids, [book.pk for book in program.books.all()])


def open_in(member_ids: Iterable[int], books: Iterable[int]) -> None:
    """Make the members' accounts in these books where they are missing."""
    if ids := sorted(set(member_ids)):
        posting.open_accounts(ids, sorted(books))
        demand_alive(ids)


def demand_alive(member_ids: Sequence[int]) -> None:
    """Raise MergedMeanwhile when one of these records is no person of its own any more."""
    if posting.any_merged(member_ids):
        raise MergedMeanwhile


def lock(member: Member, book: Book) -> Account:
    """The member's account in this book, locked until the transaction ends; made when it is missing."""
    posting.open_accounts([member.pk], [book.pk])
    account = Account.objects.select_for_update().filter(member=member, book=book).first()
    if account is None:
        raise MergedMeanwhile
    return account


def lock_all(member_ids: Iterable[int]) -> None:
    """Lock all accounts of these members in lock order."""
    posting.lock_all(sorted(set(member_ids)))


def lock_many(member_ids: Sequence[int], book: Book) -> None:
    """Lock these members' accounts of a book in lock order."""
    posting.lock_accounts(member_ids, [book.pk])


# --- sets ----------------------------------------------------------------------------------------------
def lock_whole(member_ids: Iterable[int], books: Iterable[int], program_id: int) -> bool:
    """Lock the accounts of members who all take part and have all of them; False, and nothing locked, otherwise."""
    return posting.lock_whole(sorted(set(member_ids)), sorted(books), program_id)


def post_many(postings: Sequence[Posting], *, are_open: bool = False, are_locked: bool = False) -> dict[str, Posted]:
    """Post what comes in (earn, open, adjust upwards): any number for any accounts; what was new, by cause.

    Opens the accounts (unless ``are_open``) and locks them (unless ``are_locked``). Debt is paid first; a cause that
    was posted before is left alone.
    """
    distinct = list({p.idem: p for p in reversed(postings)}.values())[::-1]
    if not are_locked:
        _prepare(distinct, are_open=are_open)
    return posting.run(posting.CREDIT, distinct)


def take_many(postings: Sequence[Posting]) -> dict[str, Posted]:
    """Post what goes out (spend, expire, adjust downwards, reversals of earnings); what was new, by cause.

    A reversal takes what is there and leaves the rest as debt; the others are left out when the balance is too
    small, so a cause that is missing from the answer was posted before or refused.
    """
    distinct = list({p.idem: p for p in reversed(postings)}.values())[::-1]
    _prepare(distinct)
    done: dict[str, Posted] = {}
    for each_account_once in _rounds(distinct):
        done |= posting.run(posting.DEBIT, each_account_once)
    return done


def _prepare(postings: Sequence[Posting], *, are_open: bool = False) -> None:
    members = sorted({p.member_id for p in postings})
    books = sorted({p.book_id for p in postings})
    if postings and not are_open:
        posting.open_accounts(members, books)
    if postings and not posting.lock_accounts(members, books, {(p.member_id, p.book_id) for p in postings}):
        raise MergedMeanwhile


def _rounds(postings: Sequence[Posting]) -> list[list[Posting]]:
    """Split into rounds in which each account occurs once, keeping each account's order."""
    rounds: list[list[Posting]] = []
    seen: dict[tuple[int, int], int] = {}
    for each in postings:
        turn = seen[each.member_id, each.book_id] = seen.get((each.member_id, each.book_id), -1) + 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(each)
    return rounds


# --- one account, locked -------------------------------------------------------------------------------
def earn(
    account: Account, amount: int, *, idem: str, at: datetime, expires_at: datetime | None = None,
    kind: str = Entry.Kind.EARN, reason: str = "", by: Staff | None = None,
) -> Posted:  # fmt: skip
    """Add ``amount`` (> 0) once for its cause; debt is paid first."""
    new = _posting(account, amount, idem, at, kind, reason, by)._replace(expires_at=expires_at)
    return _one(account, posting.CREDIT, new)


def spend(
    account: Account, amount: int, *, idem: str, at: datetime, reason: str = "", by: Staff | None = None
) -> Posted:
    """Take ``amount`` (> 0) once for its cause, the earliest expiry first. Raises NotEnoughPoints."""
    return _one(account, posting.DEBIT, _posting(account, amount, idem, at, Entry.Kind.SPEND, reason, by))


def adjust(
    account: Account, amount: int, *, idem: str, at: datetime, reason: str, by: Staff,
    expires_at: datetime | None = None,
) -> Posted:  # fmt: skip
    """Correct by hand, up or down, with a reason. Raises NotEnoughPoints when it would fall below zero."""
    new = _posting(account, abs(amount), idem, at, Entry.Kind.ADJUST, reason, by)._replace(expires_at=expires_at)
    return _one(account, posting.CREDIT if amount > 0 else posting.DEBIT, new)


def reverse(
    account: Account, amount: int, *, of: Entry, idem: str, at: datetime, reason: str = "", by: Staff | None = None
) -> Posted:
    """Take back ``amount`` (> 0) of an earlier entry, once for its cause.

    Of an earning: what is not there any more becomes debt. Of a spend: the points return to their lots, after
    debt is paid. Raises TooMuchGivenBack when the reversals of the entry would pass what it moved.
    """
    new = _posting(account, amount, idem, at, Entry.Kind.REVERSE, reason, by)._replace(reverses_id=of.id)
    if done := posting.find([idem]):
        return done[idem]
    reversals = Entry.objects.filter(member_id=account.member_id, reverses_id=of.id)
    before = [Posted(*row) for row in reversals.values_list("id", "amount", "owed")]
    if sum(abs(each.worth) for each in before) + amount > abs(of.amount - of.owed):
        raise TooMuchGivenBack(_("More would be given back than was moved."))
    if of.amount - of.owed > 0:
        return _one(account, posting.DEBIT, new)
    posted = _one(account, posting.CREDIT, new)
    posting.give_back(of.id, posted.amount, since=sum(each.amount for each in before))
    return posted


def _posting(
    account: Account, amount: int, idem: str, at: datetime, kind: str, reason: str, by: Staff | None
) -> Posting:
    if amount <= 0:
        raise ValueError("a posting moves something: give an amount above zero")
    return Posting(
        account.member_id, account.book_id, amount, idem, at, kind, reason=reason[:200], by_id=by.pk if by else None
    )


def _one(account: Account, statement: str, new: Posting) -> Posted:
    """Post one movement of a locked account, and let the account in memory follow."""
    written = posting.run(statement, [new])
    done = written or posting.find([new.idem])
    if not done:
        raise NotEnoughPoints(_("There are not enough points for this."))
    account.refresh_from_db()
    return done[new.idem]
