"""Numbers, money and times as people read them, in the language of the page."""

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, ngettext

Number = int | float | Decimal


def is_chinese() -> bool:
    """Whether the page is in Chinese; it counts in 万 and 亿."""
    return (get_language() or "").startswith("zh")


def number(value: Number | None, places: int | None = None) -> str:
    """12345 → "12,345". ``places`` fixes the decimals; without it, trailing zeros go."""
    if value is None or value == "":
        return "–"
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    if places is not None:
        return f"{exact:,.{places}f}"
    text = f"{exact:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def compact(value: Number | None) -> str:
    """A short figure for tiles: 123456 → "12.3万" in Chinese, "123K" in English. Small ones stay exact."""
    if value is None:
        return "–"
    size = abs(value)
    steps = [(10**8, "亿"), (10**4, "万")] if is_chinese() else [(10**9, "B"), (10**6, "M"), (10**4, "K")]
    for step, word in steps:
        if size >= step:
            unit = 1000 if word == "K" else step
            short = Decimal(str(value)) / unit
            return f"{number(short, 0 if abs(short) >= 1000 else 1)}{word}".replace(".0" + word, word)
    return number(Decimal(str(value)).quantize(Decimal("1")) if value == int(value) else value)


def money(value: Number | None) -> str:
    """1234.5 → "¥1,234.50"; a minus stands before the sign."""
    if value is None:
        return "–"
    sign = "−" if value < 0 else ""
    return f"{sign}¥{number(abs(value), 2)}"


def compact_money(value: Number | None) -> str:
    """1234567 → "¥123.5万" or "¥1.2M"; below ten thousand without decimals."""
    if value is None:
        return "–"
    return "¥" + compact(value if abs(value) >= 10_000 else round(value))


def signed(value: Number | None) -> str:
    """+120 or −30: what a ledger line moved."""
    if value is None:
        return "–"
    return f"+{number(value)}" if value > 0 else f"−{number(abs(value))}" if value < 0 else "0"


def percent(value: Number | None, places: int = 1) -> str:
    """0.183 → "18.3%"."""
    return "–" if value is None else f"{value * 100:.{places}f}%"


def day(value: date | datetime | None) -> str:
    """2026-03-04 in both languages."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    return value.isoformat()


def moment(value: datetime | None) -> str:
    """2026-03-04 12:00 in the reader's zone."""
    return "–" if value is None else timezone.localtime(value).strftime("%Y-%m-%d %H:%M")


def ago(value: datetime | None, now: datetime | None = None) -> str:
    """ "3 minutes ago", "yesterday"; a date once it is older than a month."""
    if value is None:
        return "–"
    seconds = int(((now or timezone.now()) - value).total_seconds())
    if seconds < 60:
        return gettext("just now")
    if seconds < 3600:
        minutes = seconds // 60
        return ngettext("%(count)d minute ago", "%(count)d minutes ago", minutes) % {"count": minutes}
    if seconds < 86_400:
        hours = seconds // 3600
        return ngettext("%(count)d hour ago", "%(count)d hours ago", hours) % {"count": hours}
    if seconds < 30 * 86_400:
        days = seconds // 86_400
        return ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days}
    return day(value)


def local_name(thing: Any) -> str:
    """The name of a store, brand, tier or template in the language of the page."""
    if thing is None:
        return "–"
    return thing.name if is_chinese() else getattr(thing, "name_en", "") or thing.name


def weekday(value: date) -> str:
    """Short name of the day: 周三, Wed."""
    return date_format(value, "D")
