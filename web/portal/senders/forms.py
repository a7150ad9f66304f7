"""A sender of each kind: what it is called, where it leads, and its secret, which is never shown again."""

from typing import Any

from django import forms
from django.core.validators import validate_email
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from members.rules import phones
from stores.models import Sender
from web.ui.forms import Form

Medium = Sender.Medium
SECRET = forms.PasswordInput(attrs={"autocomplete": "new-password"})
KEPT = _("Empty: the one it has stays. It is never shown.")


class SenderForm(Form):
    """What every kind has. ``SETTINGS`` are the fields that the connector reads; ``is_new`` says whether it has a code."""

    SETTINGS: tuple[str, ...] = ()
    FIXED: Medium | None = None  # the only medium of this kind

    name = forms.CharField(label=_("Name"), max_length=80)
    code = forms.SlugField(
        label=capfirst(_("code")), max_length=40, help_text=_("Short and lasting, like sms-main. Other systems see it.")
    )
    medium = forms.TypedChoiceField(label=capfirst(_("medium")), choices=Medium.choices, coerce=int)
    rate = forms.IntegerField(
        label=capfirst(_("messages a second at most")), min_value=1, max_value=100_000, initial=200,
        help_text=_("All our workers together keep to it."),
    )  # fmt: skip
    is_active = forms.BooleanField(
        label=_("Active"), required=False, initial=True, help_text=_("A stopped sender lets nothing leave; it waits.")
    )

    def __init__(self, *args: Any, sender: Sender | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in ["code", "medium"] if sender else ["is_active"]:
            del self.fields[name]
        if self.FIXED is not None:
            self.fields.pop("medium", None)
        if sender and "secret" in self.fields:
            self.fields["secret"].required = False
            self.fields["secret"].help_text = KEPT
        last = ["rate", "is_active"]
        self.order_fields(["name", "code", "medium", *(n for n in self.fields if n not in last), *last])

    def facts(self) -> dict[str, Any]:
        """What the services take."""
        said = dict(self.cleaned_data)
        chosen = {name: value for name in self.SETTINGS if (value := said.pop(name, None)) not in (None, "", False)}
        secret = said.pop("secret", "")
        return said | {"settings": chosen, "secret": secret, "is_idempotent": said.get("is_idempotent", False)}


class ConsoleForm(SenderForm):
    SETTINGS = ("is_silent",)

    is_silent = forms.BooleanField(
        label=_("Print nothing"), required=False, help_text=_("Counts as sent and says nothing: for great tests.")
    )


class SmtpForm(SenderForm):
    SETTINGS = ("host", "port", "user", "sender", "security")
    FIXED = Medium.EMAIL

    host = forms.CharField(label=_("Mail server"), max_length=200, help_text=_("Like smtp.example.com."))
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65_535, initial=587)
    security = forms.ChoiceField(
        label=_("Security"), choices=[("starttls", "STARTTLS"), ("tls", "TLS"), ("none", _("None"))], initial="starttls"
    )
    user = forms.CharField(label=_("Login name"), max_length=200, required=False)
    secret = forms.CharField(label=_("Password"), max_length=200, required=False, widget=SECRET)
    sender = forms.CharField(
        label=_("From"), max_length=200, help_text=_("What the reader sees, like Qinghe <news@example.com>.")
    )


class WebhookForm(SenderForm):
    SETTINGS = ("url", "size", "width", "seconds")

    url = forms.CharField(label=_("Address"), max_length=300, help_text=_("Begins with https://. We post JSON to it."))
    secret = forms.CharField(
        label=_("Secret"), max_length=200, min_length=16, widget=SECRET,
        help_text=_("At least 16 characters. It signs every call, so that the other side knows it is us."),
    )  # fmt: skip
    is_idempotent = forms.BooleanField(
        label=_("Takes the same key once"), required=False,
        help_text=_("The other side knows a repeated message by its key. Then one of unknown fate is sent again."),
    )  # fmt: skip
    size = forms.IntegerField(
        label=_("Messages in one call"), min_value=1, max_value=1000, required=False, help_text=_("Empty: one.")
    )
    width = forms.IntegerField(
        label=_("Calls at once"), min_value=1, max_value=200, required=False, help_text=_("Empty: up to 64.")
    )
    seconds = forms.FloatField(
        label=_("Seconds to wait for an answer"), min_value=1, max_value=60, required=False,
        help_text=_("Empty: 10 seconds."),
    )  # fmt: skip


class GatewayForm(SenderForm):
    """What both platforms for text messages want."""

    FIXED = Medium.SMS

    key_id = forms.CharField(label=_("Access key id"), max_length=100)
    secret = forms.CharField(label=_("Access key secret"), max_length=200, widget=SECRET)
    sign_name = forms.CharField(label=_("Signature name"), max_length=60, help_text=_("As the platform approved it."))
    templates = forms.CharField(
        label=_("Approved templates"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_(
            "One on a line: its number, then its text with ${name} or {1} where words go. "
            "A message that none of them makes does not leave."
        ),
    )  # fmt: skip
    gateway = forms.CharField(
        label=_("Address of the gateway"), max_length=300, required=False, help_text=_("Empty: the platform's own.")
    )


class AliyunForm(GatewayForm):
    SETTINGS = ("key_id", "sign_name", "templates", "gateway")


class TencentForm(GatewayForm):
    SETTINGS = ("key_id", "app_id", "sign_name", "templates", "region", "gateway")

    app_id = forms.CharField(label=_("App id of the text messages"), max_length=40)
    region = forms.CharField(label=_("Region"), max_length=40, required=False, help_text=_("Empty: ap-guangzhou."))


FORMS: dict[str, type[SenderForm]] = {
    Sender.Kind.CONSOLE: ConsoleForm, Sender.Kind.SMTP: SmtpForm, Sender.Kind.WEBHOOK: WebhookForm,
    Sender.Kind.ALIYUN_SMS: AliyunForm, Sender.Kind.TENCENT_SMS: TencentForm,
}  # fmt: skip


class TryForm(Form):
    """Where the test message goes; what it says is fixed."""

    address = forms.CharField(label=_("To"), max_length=120)

    def __init__(self, *args: Any, medium: int, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.medium = medium
        words = {Medium.SMS: _("A phone number."), Medium.EMAIL: _("An e-mail address.")}
        self.fields["address"].help_text = words.get(Medium(medium), _("The reader's openid."))

    def clean_address(self) -> str:
        given = self.cleaned_data["address"].strip()
        if self.medium == Medium.EMAIL:
            validate_email(given)
        elif self.medium == Medium.SMS:
            given = phones.normalise(given) or ""
            if not given:
                raise forms.ValidationError(gettext("This is not a mobile phone number."))
        return given
