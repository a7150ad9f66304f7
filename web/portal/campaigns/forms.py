"""What is typed about a campaign, step by step."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from campaigns.queries import promotions
from campaigns.rules import content
from campaigns.services.campaigns import TRIGGERS
from segments.queries import segments
from stores.models import Brand, Staff
from stores.queries import senders, stores
from web.ui.forms import Form

Kind = Campaign.Kind
EVENTS = {
    "member.joined": _("A member joined"),
    "coupon.redeemed": _("A member used a coupon"),
    "tier.changed": _("A member changed the tier"),
}
TEXT = {"rows": 4, "maxlength": content.LONGEST, "data-variables": ""}


class MomentInput(forms.DateTimeInput):
    """The browser's own field for a day and a time, in the reader's zone."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class AudienceForm(Form):
    """The name, and whom it is for: a saved audience at a time, or whoever an event is about."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Only colleagues see it."))
    brand = forms.ModelChoiceField(label=_("Brand"), queryset=None, empty_label=None)
    kind = forms.ChoiceField(
        label=_("When it goes out"), widget=forms.RadioSelect, initial=Kind.SCHEDULED,
        choices=[(Kind.SCHEDULED, _("Once, to an audience")), (Kind.TRIGGERED, _("Whenever something happens"))],
    )  # fmt: skip
    trigger = forms.ChoiceField(
        label=_("What happens"), choices=[("", _("Choose…")), *((word, EVENTS[word]) for word in TRIGGERS)],
        error_messages={"required": _("Choose the event that starts it.")},
    )  # fmt: skip
    segment = forms.ModelChoiceField(
        label=_("Audience"),
        queryset=None,
        empty_label=_("Choose…"),
        error_messages={"required": _("Choose an audience.")},
    )

    def __init__(self, *args: Any, staff: Staff, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["brand"].queryset = stores.brands_visible_to(staff)
        self.fields["segment"].queryset = segments.visible_to(staff).order_by("name")
        listens = (self.data if self.is_bound else self.initial).get("kind") == Kind.TRIGGERED
        self.fields["segment"].required, self.fields["trigger"].required = not listens, listens

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("kind") != Kind.TRIGGERED:
            self.cleaned_data["trigger"] = ""
        return self.cleaned_data


class TextForm(Form):
    """Texts with variables. ``TEXTS`` are the fields whose variables are checked."""

    TEXTS = ("text", "text_en")

    def clean(self) -> dict[str, Any]:
        for name in self.TEXTS:
            try:
                content.check(self.cleaned_data.get(name) or "")
            except content.ContentProblem as problem:
                self.add_error(name, str(problem))
        return self.cleaned_data


class ContentForm(TextForm):
    """The words, and the way they travel. A draft may wait without them; a launch may not."""

    TEXTS = ("subject", "subject_en", "text", "text_en")

    sender = forms.ModelChoiceField(label=_("Sender"), queryset=None, required=False, empty_label=_("Choose…"))
    subject = forms.CharField(label=_("Subject"), max_length=120, required=False, help_text=_("E-mails show it."))
    text = forms.CharField(
        label=_("Message in Chinese"), max_length=content.LONGEST, required=False, widget=forms.Textarea(TEXT)
    )
    subject_en = forms.CharField(label=_("Subject in English"), max_length=120, required=False)
    text_en = forms.CharField(
        label=_("Message in English"), max_length=content.LONGEST, required=False, widget=forms.Textarea(TEXT),
        help_text=_("For members who read English. Empty: they get the Chinese one."),
    )  # fmt: skip
    link = forms.CharField(
        label=_("Where the link leads"), max_length=300, required=False,
        help_text=_("A web address with https://, or a page of ours that begins with /. Empty: the member card."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["sender"].queryset = senders.usable()


class CouponForm(Form):
    """One coupon for everybody who gets the message, or none."""

    coupon_template = forms.ModelChoiceField(
        label=_("Coupon"),
        queryset=None,
        required=False,
        blank=True,
        widget=forms.RadioSelect,
        empty_label=_("No coupon"),
    )

    def __init__(self, *args: Any, staff: Staff, brand: Brand, **kwargs: Any):
        super().__init__(*args, **kwargs)
        offered = promotions.coupons_for_campaigns(staff).filter(program__brand=brand)
        chosen = Q(pk=getattr(self.initial.get("coupon_template"), "pk", None))  # kept, should it be used up meanwhile
        self.fields["coupon_template"].queryset = offered.filter(~Q(stock=0) | chosen).order_by("name", "pk")


class ScheduleForm(Form):
    """When it begins and ends, when it keeps quiet, how much is too much, and how long orders count."""

    starts_at = forms.DateTimeField(
        label=_("Starts"), required=False, widget=MomentInput(), help_text=_("Empty: as soon as it is launched.")
    )
    ends_at = forms.DateTimeField(
        label=_("Ends"), required=False, widget=MomentInput(), help_text=_("Whatever still waits then is dropped.")
    )
    quiet_from = forms.TimeField(label=_("Quiet from"), widget=TimeInput())
    quiet_until = forms.TimeField(label=_("Quiet until"), widget=TimeInput())
    drop_stale_after = forms.IntegerField(
        label=_("Drop after hours"),
        min_value=0,
        max_value=720,
        help_text=_("A message held longer is dropped. 0: never."),
    )
    cap_count = forms.IntegerField(
        label=_("Messages at most"),
        min_value=0,
        max_value=100,
        help_text=_("For one member, over all campaigns. 0: no cap."),
    )
    cap_days = forms.IntegerField(label=_("In days"), min_value=1, max_value=90)
    window_days = forms.IntegerField(
        label=_("Days in which orders count"), min_value=1, max_value=90,
        help_text=_("After the message reached the member."),
    )  # fmt: skip

    def __init__(self, *args: Any, now: datetime, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.now = now

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        start, end = said.get("starts_at"), said.get("ends_at")
        if start and start < self.now:
            self.add_error("starts_at", gettext("The start lies in the past. Choose a later time, or leave it empty."))
        elif end and end <= (start or self.now):
            self.add_error("ends_at", gettext("The end lies before the start or in the past. Choose a later end."))
        return said


class TemplateForm(TextForm):
    """A template, with the limits inside which stores may start it."""

    name = forms.CharField(label=_("Name"), max_length=80)
    name_en = forms.CharField(label=_("English name"), max_length=80, required=False)
    brand = forms.ModelChoiceField(label=_("Brand"), queryset=None, empty_label=None)
    sender = forms.ModelChoiceField(label=_("Sender"), queryset=None, required=False, empty_label=_("Choose…"))
    coupon_template = forms.ModelChoiceField(
        label=_("Coupon"), queryset=None, required=False, empty_label=_("No coupon")
    )
    text = forms.CharField(label=_("Message in Chinese"), max_length=content.LONGEST, widget=forms.Textarea(TEXT))
    text_en = forms.CharField(
        label=_("Message in English"), max_length=content.LONGEST, required=False, widget=forms.Textarea(TEXT)
    )
    is_local = forms.BooleanField(
        label=_("Stores may start it by themselves"), required=False,
        help_text=_("Without asking, inside the limits below."),
    )  # fmt: skip
    first_day = forms.DateField(label=_("First day"), required=False)
    last_day = forms.DateField(label=_("Last day"), required=False)
    most_days = forms.IntegerField(label=_("Days at most"), min_value=1, max_value=90, initial=7)
    discount_floor = forms.IntegerField(
        label=_("Price kept, percent at least"), min_value=1, max_value=99, initial=80,
        help_text=_("80: shoppers always pay at least 80% of the price."),
    )  # fmt: skip
    budget = forms.DecimalField(
        label=_("Budget of one promotion, yuan"), min_value=1, max_digits=12, decimal_places=2, initial=2000,
        help_text=_("Face value of all its coupons together."),
    )  # fmt: skip
    most_at_once = forms.IntegerField(
        label=capfirst(_("at most running in one store")), min_value=1, max_value=20, initial=1
    )
    radius_m = forms.IntegerField(
        label=_("Radius at most, metres"), min_value=100, max_value=50_000, initial=3000,
        help_text=_("Only the store's own members within it get the message."),
    )  # fmt: skip

    def __init__(self, *args: Any, staff: Staff, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["brand"].queryset = stores.brands_visible_to(staff)
        self.fields["sender"].queryset = senders.usable()
        offered = promotions.coupons_for_campaigns(staff)
        self.fields["coupon_template"].queryset = offered.order_by("name", "pk")


class MoveForm(Form):
    """When it starts instead."""

    starts_at = forms.DateTimeField(label=_("Starts"), widget=MomentInput())


class ReasonForm(Form):
    """Why: colleagues read it in the log."""

    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


class NeededReasonForm(Form):
    """The same, where nobody should go without."""

    reason = forms.CharField(label=_("Reason"), max_length=200)


class SureForm(Form):
    """Nothing to type: only yes."""
