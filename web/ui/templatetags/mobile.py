"""Words of the store phone's and the members' pages."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from campaigns.models import Campaign
from loyalty.models import Coupon, CouponTemplate
from loyalty.rules import coupon_codes
from members.rules import phones
from stores.models import Brand

from .. import colours, formats, names

register = template.Library()
register.filter("local_name", names.local_name)


@register.simple_tag
def brand_style(brand: Brand) -> str:
    """The address of the brand's stylesheet."""
    return reverse("brand-style", kwargs={"colour": colours.written(colours.parse(brand.colour))[1:]})


@register.filter
def grouped_phone(value: str | None) -> str:
    """169 0000 1234: a person's own number, shown to that person."""
    return phones.grouped(value) if value else "–"


@register.filter
def worth(coupon: Coupon | CouponTemplate) -> str:
    """¥10, or 20% off as 8折 in Chinese."""
    kind = coupon.template if isinstance(coupon, Coupon) else coupon
    if kind.kind == "amount":
        return f"¥{formats.number(kind.value)}"
    return f"{formats.number((100 - kind.value) / 10)}折" if formats.is_chinese() else f"−{formats.number(kind.value)}%"


@register.filter
def promotion_name(campaign: Campaign) -> str:
    """A store promotion is called like its template, in English too as long as that has kept the name."""
    pattern = campaign.template
    return formats.local_name(pattern) if pattern and pattern.name == campaign.name else campaign.name


@register.simple_tag
def conditions(kind: CouponTemplate) -> SafeString:
    """The conditions in the reader's language; the Chinese ones, marked as such, when there are no English ones."""
    if formats.is_chinese() or not kind.terms or kind.terms_en:
        return conditional_escape(kind.terms if formats.is_chinese() else kind.terms_en)
    return format_html('<span lang="zh-Hans">{}</span>', kind.terms)


@register.filter
def last_day(value: datetime | None) -> str:
    """The last day on which something counts that ends at this moment: midnight belongs to the day before."""
    return formats.day(value - timedelta(microseconds=1) if value else None)


@register.filter
def grouped_code(value: str) -> str:
    """A coupon's code in groups of four."""
    return coupon_codes.grouped(value)


@register.filter
def clock(value: datetime | float | None) -> str:
    """12:03:20 in the reader's zone; takes a time or seconds since 1970."""
    if value is None:
        return "–"
    moment: Any = (
        datetime.fromtimestamp(value, tz=timezone.get_current_timezone()) if isinstance(value, float) else value
    )
    return timezone.localtime(moment).strftime("%H:%M:%S")


@register.simple_tag
def dressed(bound: Any, hint: str = "") -> str:
    """The control of a form field, tied to its error and its hint for screen readers."""
    told = [f"{bound.id_for_label}_error"] if bound.errors else []
    told += [f"{bound.id_for_label}_hint"] if hint else []
    attrs = {"aria-describedby": " ".join(told) or None}
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return bound.as_widget(attrs={name: value for name, value in attrs.items() if value})


@register.filter
def hour(value: datetime) -> str:
    """14:02 in the reader's zone."""
    return timezone.localtime(value).strftime("%H:%M")
