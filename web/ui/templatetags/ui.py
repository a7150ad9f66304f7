"""Words of our templates: figures, masked data, icons and the components."""

from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField
from django.http import HttpRequest
from django.template.base import Node, NodeList, Parser, Token, token_kwargs
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from members.rules import phones
from stores import access

from .. import formats, forms, menu

register = template.Library()

for name in (
    "number",
    "compact",
    "money",
    "compact_money",
    "signed",
    "percent",
    "day",
    "moment",
    "ago",
    "weekday",
    "local_name",
):
    register.filter(name, getattr(formats, name))
register.filter("points", formats.number)

TONES = ("plain", "good", "warn", "bad", "info", "brand")


@register.filter
def phone(value: str | None) -> str:
    """138****1234."""
    return phones.mask(value) if value else "–"


@register.filter
def masked_name(value: str | None) -> str:
    """王*."""
    return phones.mask_name(value) if value else "–"


@register.filter
def may(staff: Any, permission: str) -> bool:
    """``{% if user|may:"member.edit" %}``"""
    return staff.is_authenticated and access.may(staff, access.Permission(permission))


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """One picture of the sprite; only decoration, so that readers skip it."""
    return format_html(
        '<svg class="q-icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        css, static("icons.svg"), name,
    )  # fmt: skip


@register.simple_tag(takes_context=True)
def query(context: dict, **changes: Any) -> str:
    """The present address with some words changed; None takes one away."""
    words = context["request"].GET.copy()
    for name, value in changes.items():
        words.pop(name, None)
        if value is not None:
            words[name] = value
    return f"?{words.urlencode()}"


@register.simple_tag(takes_context=True)
def query_fields(context: dict, *without: str) -> SafeString:
    """Hidden inputs that carry the present address along in a form, but for the named words."""
    words = [(name, one) for name, values in context["request"].GET.lists() for one in values if name not in without]
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', words)


@register.simple_tag(takes_context=True)
def sections(context: dict) -> list:
    """The menu as this person sees it."""
    return list(menu.offered(context["request"])) if context["request"].user.is_authenticated else []


@register.simple_tag(takes_context=True)
def theme(context: dict) -> str:
    """ "light", "dark", or nothing: as the system says."""
    request: HttpRequest | None = context.get("request")
    chosen = request.COOKIES.get("theme", "") if request else ""
    return chosen if chosen in {"light", "dark"} else ""


@register.simple_tag
def is_demo() -> bool:
    """True while the DEMO switch is on: codes stand on pages and nothing here is anybody's. Asks the database nothing."""
    return bool(settings.DEMO)


@register.simple_tag
def other_languages(current: str) -> list:
    """The languages one may change to: (code, own name)."""
    own = {"zh-hans": "中文", "en": "English"}
    return [(code, own.get(code, code)) for code, _name in settings.LANGUAGES if code != current]


@register.simple_tag
def count_done(steps: Any) -> dict:
    """How far a check-list is: count and all, the next step, and whether less than half is done."""
    done = [step for step in steps if step.is_done]
    following = next((step for step in steps if not step.is_done), None)
    return {"count": len(done), "all": len(steps), "next": following, "few": len(done) * 2 < len(steps)}


@register.simple_tag
def badge(text: Any, tone: str = "plain", icon_name: str = "") -> SafeString:
    """A small coloured word. Tones: plain good warn bad info brand."""
    if tone not in TONES:
        raise template.TemplateSyntaxError(f"badge has no tone {tone!r}; one of {', '.join(TONES)}")
    picture = icon(icon_name) if icon_name else ""
    return format_html('<span class="q-badge q-badge-{}">{}{}</span>', tone, picture, text)


@register.inclusion_tag("ui/field.html")
def field(bound: BoundField, hide_label: bool = False, **attrs: Any) -> dict:
    """Label, control, help and errors of one form field; attrs go to the control (data_x → data-x)."""
    extra = {name.replace("_", "-"): value for name, value in attrs.items()}
    return {
        "field": bound, "control": forms.dress(bound, **extra), "is_check": forms.is_check(bound),
        "is_group": forms.is_group(bound), "hide_label": hide_label,
    }  # fmt: skip


class Slot(Node):
    """A component with a body: ``{% card title=… %}body{% endcard %}``. Unknown attributes are refused."""

    def __init__(self, file: str, words: dict, body: NodeList):
        self.file, self.words, self.body = file, words, body

    def render(self, context: template.Context) -> str:
        given = {name: value.resolve(context) for name, value in self.words.items()}
        with context.push(slot=self.body.render(context), **given):
            return context.template.engine.get_template(self.file).render(context)


def slot(name: str, allowed: set[str], required: set[str] = frozenset()) -> None:
    """Register one component tag."""

    def compile_tag(parser: Parser, token: Token) -> Slot:
        bits = token.split_contents()[1:]
        words = token_kwargs(bits, parser)
        if bits or set(words) - allowed or required - set(words):
            raise template.TemplateSyntaxError(f"{name} takes {', '.join(sorted(allowed))}; not {bits or set(words)}")
        body = parser.parse((f"end{name}",))
        parser.delete_first_token()
        defaults = {word: parser.compile_filter('""') for word in allowed}
        return Slot(f"ui/{name}.html", defaults | words, body)

    register.tag(name, compile_tag)


slot("card", {"title", "icon", "hint", "link", "link_label", "css", "flush"})
slot("dialog", {"id", "title"}, {"id", "title"})
