"""What the privacy desk asks of those who work there."""

from django import forms
from django.utils.translation import gettext_lazy as _

from members.models import PrivacyRequest
from web.ui.forms import Form

WAYS = [
    ("store", _("In a store")),
    ("phone", _("By phone")),
    ("letter", _("By letter or e-mail")),
    ("other", _("Otherwise")),
]


class AskForm(Form):
    """What a person asked, noted by somebody who works here."""

    kind = forms.ChoiceField(label=_("What is asked"), choices=PrivacyRequest.Kind.choices)
    came_by = forms.ChoiceField(label=_("How it came"), choices=WAYS)
    words = forms.CharField(
        label=_("In the person's words"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class AnswerForm(Form):
    """The answer, as the person will read it."""

    words = forms.CharField(label=_("What was done, or why not"), max_length=300, min_length=2)
