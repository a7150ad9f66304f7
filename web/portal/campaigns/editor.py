"""A campaign in steps. Every step saves the draft; bad input keeps what was typed."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from campaigns.models import Campaign
from campaigns.queries import campaigns as queries
from campaigns.rules import content
from campaigns.services import campaigns
from segments.queries import segments
from stores.access import Permission as P
from web.ui import htmx
from web.ui.access import requires
from web.ui.pages import EditPage

from ..segments import live
from . import shown
from .forms import AudienceForm, ContentForm, CouponForm, ScheduleForm

HERE = (_("Campaigns"), "/campaigns/")
TYPED = ("subject", "subject_en", "text", "text_en")


class Step(EditPage):
    """One step of the editor. ``word`` is its place in the trail, ``fields`` what it changes."""

    permission = P.CAMPAIGN_EDIT
    submit = _("Save and go on")
    done = ""
    refusals = (campaigns.CampaignProblem,)
    word = ""
    fields: tuple[str, ...] = ()

    @property
    def template(self) -> str:
        return f"portal/campaigns/step_{self.word}.html"

    @property
    def title(self) -> Any:
        return self.object.name if self.object else _("New campaign")

    def rows(self):
        return queries.for_list(self.request.user).exclude(kind=Campaign.Kind.LOCAL)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.load()
        if self.object and self.object.status != Campaign.Status.DRAFT:
            return redirect("campaign-detail", pk=self.object.pk)
        return self.shown(self.form())

    def initial(self) -> dict[str, Any]:
        return {name: getattr(self.object, name) for name in self.fields} if self.object else {}

    def save(self, form: Any) -> str:
        saved = campaigns.save_draft(self.object, by=self.request.user, now=self.now, **form.cleaned_data)
        if "close" in self.request.POST:
            return reverse("campaign-list")
        words = [word for word, _label in shown.STEPS]
        return reverse(f"campaign-{words[words.index(self.word) + 1]}", args=[saved.pk])

    def back(self) -> str:
        words = [word for word, _label in shown.STEPS]
        at = words.index(self.word)
        return reverse(f"campaign-{words[at - 1]}", args=[self.object.pk]) if at else reverse("campaign-list")

    def crumbs(self):
        return [HERE]

    def context(self) -> dict[str, Any]:
        return {"campaign": self.object, "trail": shown.trail(self.word, self.object), "word": self.word}


class AudienceStep(Step):
    """Whom it is for."""

    word = "audience"
    fields = ("name", "brand", "kind", "trigger", "segment")

    def form(self, data: Any = None, files: Any = None) -> AudienceForm:
        return AudienceForm(data, staff=self.request.user, initial=self.initial())

    def save(self, form: AudienceForm) -> str:
        if self.object and self.object.brand != form.cleaned_data["brand"]:
            form.cleaned_data["coupon_template"] = None  # it belongs to the other brand
        return super().save(form)


class CampaignNew(AudienceStep):
    """The first step makes the draft. Templates save the next two."""

    def rows(self) -> None:
        return None

    def context(self) -> dict[str, Any]:
        offered = queries.templates_visible_to(self.request.user).filter(retired_at=None)
        return super().context() | {"offered": list(offered[:12])}


class ContentStep(Step):
    """What it says, with a phone beside it."""

    word = "content"
    fields = ("sender", "subject", "subject_en", "text", "text_en", "link")

    def form(self, data: Any = None, files: Any = None) -> ContentForm:
        return ContentForm(data, initial=self.initial())

    def context(self) -> dict[str, Any]:
        return super().context() | {"variables": content.VARIABLES.items()}


class CouponStep(Step):
    """What comes with it."""

    word = "coupon"
    fields = ("coupon_template",)

    def form(self, data: Any = None, files: Any = None) -> CouponForm:
        return CouponForm(data, staff=self.request.user, brand=self.object.brand, initial=self.initial())


class ScheduleStep(Step):
    """When, and within which limits."""

    word = "schedule"
    submit = _("Save and review")
    fields = (
        "starts_at", "ends_at", "quiet_from", "quiet_until", "drop_stale_after", "cap_count", "cap_days", "window_days",
    )  # fmt: skip

    def form(self, data: Any = None, files: Any = None) -> ScheduleForm:
        return ScheduleForm(data, now=self.now, initial=self.initial())


@require_GET
@requires(P.CAMPAIGN_EDIT)
def size(request: HttpRequest) -> HttpResponse:
    """How many the chosen audience has, for beside the form."""
    if not htmx.is_partial(request):
        return redirect("campaign-new")
    chosen = request.GET.get("segment", "")
    if not chosen.isdecimal() or len(chosen) > 9:
        return live.no_store(TemplateResponse(request, "portal/campaigns/nobody.html"))
    segment = get_object_or_404(segments.visible_to(request.user), pk=int(chosen))
    return live.size(request, segment.pk)


@require_POST
@requires(P.CAMPAIGN_EDIT)
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The message as it is typed, in a phone; nothing is saved."""
    campaign = copy(get_object_or_404(queries.for_list(request.user), pk=pk))
    form = ContentForm(request.POST)
    form.is_valid()
    for name in TYPED:
        setattr(campaign, name, request.POST.get(name, "")[: content.LONGEST])
    campaign.sender = form.cleaned_data.get("sender")
    member = shown.sample(campaign, request.user, now=timezone.now())
    words = {"previews": shown.previews(campaign, member), "member": member}
    return live.no_store(TemplateResponse(request, "portal/campaigns/phones.html", words))
