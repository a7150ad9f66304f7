"""Posters of store codes: one at once, or up to 2,500 stores in one archive made in the background."""

import csv
import io
import os
import secrets
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from ..models import PosterArchive, Staff, Store, StoreCode
from ..posters import designs, pdf, png, svg, words
from ..queries import codes as code_queries
from ..rules import codes as shape
from . import codes, log

MOST_STORES = 2500
BATCH = 50  # stores between two notes of progress
LEASE = timedelta(seconds=90)  # how long a silent worker keeps an archive
KEPT = timedelta(days=7)
WRITERS = {"pdf": pdf.write, "svg": svg.write, "png": png.write}
BARE = "qr"  # the code alone, without a poster around it
FORMS = (*designs.FORMS, BARE)
OUTAGE = (OperationalError, InterfaceError)  # the database is away: nothing is wrong with a poster
logger = structlog.get_logger(__name__)


class PosterBroken(Exception):
    """The poster of one store cannot be drawn; the text names the store and the reason."""


class NotPossible(Exception):
    """The wish cannot be met: too many stores, none, an unknown form or language. The text may be shown."""


def poster_of(code: StoreCode, *, language: str) -> designs.Poster:
    """What the poster of a code says. The code comes with its store, brand and associate."""
    store, brand = code.store, code.store.brand
    zh = language == "zh-hans"
    name, second = (store.name, store.name_en) if zh else (store.name_en or store.name, store.name)
    address = code_queries.address(code)
    return designs.Poster(
        brand=brand.name if zh else brand.name_en or brand.name,
        colour=brand.colour,
        store=name,
        second_name=second if second != name else "",
        place=store.address if store.city in store.address else f"{store.city}{store.address}",
        code=code.public,
        readable=shape.readable(code.public),
        address=address,
        domain=urlsplit(address).netloc,
        note=str(code.associate or code.label),
        language=language,
    )


def render(code: StoreCode, *, form: str, kind: str, language: str) -> bytes:
    """The file of one poster. form: a4, a5, tent, sticker, or qr (svg and png only); kind: pdf, svg, png."""
    if form not in FORMS or kind not in WRITERS or language not in words.LANGUAGES or (form == BARE and kind == "pdf"):
        raise NotPossible(_("There is no such poster."))
    if form == BARE:
        return bare(code, kind)
    return WRITERS[kind](designs.draw(poster_of(code, language=language), form))


def bare(code: StoreCode, kind: str) -> bytes:
    """The code alone with its quiet zone: SVG 50 mm wide, or PNG of 12 dots a module."""
    if kind == "png":
        return png.modules(designs.matrix_of(code_queries.address(code)), dots=12, quiet=designs.QUIET)
    return svg.write(designs.bare(poster_of(code, language="zh-hans")))


def file_name(code: StoreCode, *, form: str, kind: str) -> str:
    """A name that says store and form, safe on every system."""
    note = str(code.associate or code.label)
    return "_".join(filter(None, [_safe(code.store.code), _safe(code.store.name), _safe(note), form])) + f".{kind}"


def _safe(text: str) -> str:
    """Without what file systems, shells or zip readers take amiss."""
    return "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in text).strip("-")[:40]


def download(code: StoreCode, *, form: str, kind: str, language: str, now: datetime) -> tuple[str, bytes]:
    """Name and bytes of one poster; notes that the code was printed. Raises NotPossible and codes.CodeRetired."""
    if not code.is_live:
        raise codes.CodeRetired
    content = render(code, form=form, kind=kind, language=language)
    codes.mark_printed(StoreCode.objects.filter(pk=code.pk), now=now)
    return file_name(code, form=form, kind=kind), content


# --- archives ------------------------------------------------------------------------------------------
@transaction.atomic(durable=True)
def request_archive(shops: QuerySet[Store], *, form: str, language: str, by: Staff, now: datetime) -> PosterArchive:
    """Queue an archive of these stores' codes; a store without a code gets one. Raises NotPossible."""
    if form not in FORMS or language not in words.LANGUAGES:
        raise NotPossible(_("There is no such poster."))
    ids = list(shops.filter(closed_on=None).order_by("code").values_list("pk", flat=True)[: MOST_STORES + 1])
    if not ids:
        raise NotPossible(_("No open store is among the chosen ones."))
    if len(ids) > MOST_STORES:
        raise NotPossible(
            _("One archive holds at most %(most)s stores. Choose a brand or a region.") % {"most": "2,500"}
        )
    codes.fill_gaps(Store.objects.filter(pk__in=ids), by=by, now=now)
    archive = PosterArchive.objects.create(
        asked_by=by, asked_at=now, language=language, form=form, store_ids=ids, total=len(ids)
    )
    log.record("posters.requested", archive, by=by, now=now, after={"form": form, "stores": len(ids)})
    return archive


def make_next(*, now: datetime) -> PosterArchive | None:
    """Claim the oldest archive that waits, or whose worker fell silent, and make it. None when there is none.

    Runs outside of a transaction: each note of progress also renews the lease, by the database's clock. When the
    database goes away meanwhile, that is raised and the archive is made again once its lease is over; anything else
    that stops it is written down, and the next archive has its turn.
    """
    archive = _claim(now)
    if archive is None:
        return None
    try:
        _make(archive, now)
    except _Taken:
        return archive
    except OUTAGE:
        raise
    except Exception as error:
        logger.exception("posters_failed", archive=archive.pk)
        _fail(archive, error)
    return archive


def _fail(archive: PosterArchive, error: Exception) -> None:
    """Note why the archive was not made, and leave no half file."""
    path_of(archive).with_suffix(".zip.part").unlink(missing_ok=True)
    reason = str(error) if isinstance(error, PosterBroken) else f"{type(error).__name__}: {error}"
    _mine(archive).update(status=PosterArchive.Status.FAILED, error=reason[:500], lease_until=None, finished_at=Now())


def make_waiting(*, now: datetime) -> int:
    """Make every archive that waits, one after the other. Returns how many."""
    made = 0
    while make_next(now=now):
        made += 1
    return made


class _Taken(Exception):
    """Another worker took the archive over while this one was silent."""


@transaction.atomic(durable=True)
def _claim(now: datetime) -> PosterArchive | None:
    waiting = Q(status=PosterArchive.Status.QUEUED) | Q(status=PosterArchive.Status.RUNNING, lease_until__lt=Now())
    archive = PosterArchive.objects.select_for_update(skip_locked=True).filter(waiting).order_by("pk").first()
    if archive is None:
        return None
    PosterArchive.objects.filter(pk=archive.pk).update(
        status=PosterArchive.Status.RUNNING,
        lease_until=Now() + LEASE,
        done=0,
        file=f"posters/{archive.pk}-{secrets.token_hex(8)}.zip",
    )
    archive.refresh_from_db()
    return archive


def _mine(archive: PosterArchive) -> QuerySet[PosterArchive]:
    """The archive's row as long as nobody claimed it again: each claim writes a new file name."""
    return PosterArchive.objects.filter(pk=archive.pk, file=archive.file, status=PosterArchive.Status.RUNNING)


def path_of(archive: PosterArchive) -> Path:
    """Where a finished archive lies."""
    return Path(settings.MEDIA_ROOT) / archive.file


def _make(archive: PosterArchive, now: datetime) -> None:
    target = path_of(archive)
    target.parent.mkdir(parents=True, exist_ok=True)
    for leftover in target.parent.glob(f"{archive.pk}-*.zip.part"):
        leftover.unlink(missing_ok=True)
    part = target.with_suffix(".zip.part")
    table = io.StringIO()
    lines = csv.writer(table)
    lines.writerow(["store", "name", "city", "code", "address", "poster"])
    done = 0
    with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archived:
        for start in range(0, archive.total, BATCH):
            some = archive.store_ids[start : start + BATCH]
            for code in _codes_of(some):
                lines.writerow(_line(code, _drawn(archived, code, archive)))
            done += len(some)
            if not _mine(archive).update(done=done, lease_until=Now() + LEASE):
                part.unlink(missing_ok=True)
                raise _Taken
        archived.writestr("codes.csv", "\ufeff" + table.getvalue(), zipfile.ZIP_DEFLATED)
    os.replace(part, target)
    _finish(archive, now)


def _codes_of(ids: Iterable[int]) -> QuerySet[StoreCode]:
    """The live store codes of these stores as they are now: one rotated since the request is printed anew."""
    return (
        StoreCode.objects.filter(store__in=list(ids), kind=StoreCode.Kind.STORE, revoked_at=None)
        .select_related("store__brand", "associate")
        .order_by("store__code")
    )


def _drawn(archived: zipfile.ZipFile, code: StoreCode, archive: PosterArchive) -> str:
    """The same as ``_add``; what a single store's words do to the drawing is told with the store. Raises PosterBroken."""
    try:
        return _add(archived, code, archive)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise PosterBroken(f"{code.store.code} {code.store.name}: {type(error).__name__}: {error}") from error


def _add(archived: zipfile.ZipFile, code: StoreCode, archive: PosterArchive) -> str:
    """Write a store's poster and its bare code; return the poster's name."""
    folder = _safe(code.store.brand.name) or "stores"
    for kind in ("png", "svg"):
        archived.writestr(f"codes/{folder}/{file_name(code, form=BARE, kind=kind)}", bare(code, kind))
    if archive.form == BARE:
        return f"codes/{folder}/{file_name(code, form=BARE, kind='svg')}"
    name = f"posters/{folder}/{file_name(code, form=archive.form, kind='pdf')}"
    archived.writestr(name, render(code, form=archive.form, kind="pdf", language=archive.language))
    return name


def _line(code: StoreCode, name: str) -> list[str]:
    """One line of the table in the archive, harmless to a spreadsheet."""
    store = code.store
    cells = [store.code, store.name, store.city, shape.readable(code.public), code_queries.address(code), name]
    return [f"'{cell}" if cell[:1] in "=+-@\t\r" and cell else cell for cell in cells]


@transaction.atomic(durable=True)
def _finish(archive: PosterArchive, now: datetime) -> None:
    if not _mine(archive).update(
        status=PosterArchive.Status.DONE, done=F("total"), lease_until=None, finished_at=Now(), error=""
    ):
        path_of(archive).unlink(missing_ok=True)
        return
    codes.note_printed(_codes_of(archive.store_ids), now=now)


def sweep(*, now: datetime) -> int:
    """Delete archives older than a week, and what killed workers left behind. Returns how many files went."""
    folder = Path(settings.MEDIA_ROOT) / "posters"
    old = PosterArchive.objects.filter(asked_at__lt=now - KEPT).exclude(file="")
    gone = list(_deleted(folder, old))
    old.update(file="")
    return len(gone)


def _deleted(folder: Path, old: QuerySet[PosterArchive]) -> Iterator[Path]:
    for archive in old:
        for path in folder.glob(f"{archive.pk}-*"):
            path.unlink(missing_ok=True)
            yield path
