"""The library's forms in our words; each code opens once, whichever server it meets."""

import time

from allauth.account import forms as account
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from django import forms
from django.contrib.auth import password_validation
from django.utils.translation import gettext_lazy as _

from stores.services import second_factor

DIGITS = {"inputmode": "numeric", "autocomplete": "one-time-code", "autocapitalize": "off", "spellcheck": "false"}


class SignInForm(account.LoginForm):
    """Login name and password. Pasting and password managers are welcome."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        name, word = self.fields["login"], self.fields["password"]
        name.label, word.label = _("Login name"), _("Password")
        name.widget.attrs = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        word.widget.attrs = {"autocomplete": "current-password"}
        word.help_text = ""


def _code_field(field: forms.Field, label, help_text="") -> None:
    field.label, field.help_text = label, help_text
    field.widget.attrs = {**DIGITS, "autofocus": True, "maxlength": 12, "class": "en-code"}


class _OneUse:
    """After the library found a code right, use up its half minute in the database."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _code_field(self.fields["code"], _("Code"))

    def clean_code(self) -> str:
        code = super().clean_code()
        factor = self.authenticator
        if factor.type == Authenticator.Type.TOTP and not second_factor.spend(factor, _step(factor, code)):
            raise get_adapter().validation_error("incorrect_code")
        return code


def _step(factor: Authenticator, code: str) -> int:
    """The half minute that a right code belongs to; the present one when the clock just moved on."""
    secret, plain = decrypt(factor.data["secret"]), "".join(code.split())
    steps = totp.yield_hotp_counters_from_time()
    matching = (step for step in steps if totp.format_hotp_value(totp.hotp_value(secret, step)) == plain)
    return next(matching, int(time.time()) // 30)


class CodeForm(_OneUse, mfa.AuthenticateForm):
    """The second step of signing in: six digits, or a recovery code."""


class CodeAgainForm(_OneUse, mfa.ReauthenticateForm):
    """The same before something sensitive."""


class EnrolForm(ActivateTOTPForm):
    """The first code proves that the app has the secret."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _code_field(self.fields["code"], _("Six digits from the app"))


class PasswordAgainForm(account.ReauthenticateForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["password"].label = _("Password")
        self.fields["password"].widget.attrs = {"autocomplete": "current-password", "autofocus": True}


RULES = _("At least 12 characters, not only digits, not a common password. A sentence is easy to keep in mind.")


class NewPasswordForm(account.ChangePasswordForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        old, new, again = (self.fields[name] for name in ("oldpassword", "password1", "password2"))
        old.label, new.label, again.label = _("Present password"), _("New password"), _("New password, again")
        old.help_text, new.help_text, again.help_text = "", RULES, ""
        old.widget.attrs = {"autocomplete": "current-password"}
        new.widget.attrs = again.widget.attrs = {"autocomplete": "new-password"}


class WelcomeForm(forms.Form):
    """An invited person chooses the first password."""

    password1 = forms.CharField(
        label=_("New password"), strip=False, help_text=RULES,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    password2 = forms.CharField(
        label=_("New password, again"), strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip

    def __init__(self, *args, person, **kwargs):
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_password1(self) -> str:
        password = self.cleaned_data["password1"]
        password_validation.validate_password(password, self.person)
        return password

    def clean(self):
        given = super().clean()
        first, second = given.get("password1"), given.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("The two passwords differ."))
        return given
