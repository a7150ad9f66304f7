"""Every component on one page, for those who build pages. Not mounted in production."""

from datetime import timedelta
from decimal import Decimal

from django import forms
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone

from .charts import Bars, Line, Series, sparkline
from .forms import Form
from .pages import Action, Empty


class SampleForm(Form):
    """One field of each kind."""

    name = forms.CharField(label="Name", help_text="As it stands on the receipt.")
    tier = forms.ChoiceField(label="Tier", choices=[("", "Any"), ("gold", "Gold")], required=False)
    since = forms.DateField(label="Since", widget=forms.DateInput, required=False)
    note = forms.CharField(label="Note", widget=forms.Textarea(attrs={"rows": 2}), required=False)
    ways = forms.MultipleChoiceField(
        label="Ways", choices=[("sms", "Text message"), ("wechat", "WeChat")], widget=forms.CheckboxSelectMultiple
    )
    agreed = forms.BooleanField(label="I have read it", help_text="Unticked at first.")


def gallery(request: HttpRequest) -> TemplateResponse:
    """The gallery; ``?wrong`` shows the form with its errors."""
    now = timezone.now()
    days = [(now - timedelta(days=30 - day)).date() for day in range(30)]
    values = [Decimal(200 + (day * 37) % 90 + day * 4) for day in range(30)]
    words = {
        "title": "Components",
        "actions": [Action("Second", "#", "download"), Action("Main", "#", "plus", is_main=True)],
        "form": SampleForm({} if "wrong" in request.GET else None),
        "empty": Empty("No members yet", "They come by a store code, the till, or a file.", "users", "Import", "#"),
        "tones": ["plain", "good", "warn", "bad", "info", "brand"],
        "now": now, "figures": [0, 980, 12345, 1234567, 234567890],
        "spark": sparkline(values), "line": Line("Sales", days, [Series("This year", values)], "money"),
        "bars": Bars("Joins", [("Mon", 12), ("Tue", 30), ("Wed", 21), ("Thu", 8)]),
    }  # fmt: skip
    return TemplateResponse(request, "ui/gallery.html", words)
