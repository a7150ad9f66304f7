"""Audiences: the list, one audience, and the builder."""

import json
from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.queries import campaigns
from segments.queries import segments as queries
from segments.queries import snapshots
from segments.queries.audiences import TooSlow
from segments.rules import tree
from segments.rules.sentence import sentence
from segments.rules.tree import RuleError
from segments.services import segments as services
from stores import access
from stores.access import Permission as P
from stores.queries import log
from web.ui.pages import Action, DeletePage, DetailPage, EditPage, Empty, ListPage

from ..log.words import lines as words_of
from . import builder, live, shown
from .forms import SegmentForm, SureForm
from .tables import SegmentTable


class SegmentList(ListPage):
    """The saved rules."""

    permission = P.SEGMENT_VIEW
    template = "portal/segments/list.html"
    table_class = SegmentTable
    title = gettext_lazy("Audiences")

    @property
    def empty(self) -> Empty:
        text = _("Say by a few conditions which members you mean; you see at once how many they are.")
        may = access.may(self.request.user, P.SEGMENT_EDIT)
        url = reverse("segment-new") if may else ""
        return Empty(_("No audiences yet"), text, "target-arrow", _("Build the first audience"), url)

    def rows(self):
        return queries.for_list(self.request.user)

    def render(self, **given: Any) -> TemplateResponse:
        if "page" in given:  # the campaigns of the rows on this page, in one question
            rows = given["page"].rows
            sent = Counter(
                campaigns.visible_to(self.request.user).filter(segment__in=rows).values_list("segment", flat=True)
            )
            for row in rows:
                row.campaigns = sent[row.pk]
            given["lines"] = list(given["table"].lines(rows))
        return super().render(**given)

    def actions(self):
        return [Action(_("New audience"), reverse("segment-new"), "plus", P.SEGMENT_EDIT, is_main=True)]


class OneSegment:
    """What the pages about one audience share."""

    def rows(self):
        return queries.visible_to(self.request.user).select_related("created_by")

    def crumbs(self):
        trail = [(_("Audiences"), reverse("segment-list"))]
        return [*trail, (str(self.object), self.back())] if isinstance(self, EditPage) else trail

    def back(self) -> str:
        return reverse("segment-detail", args=[self.kwargs["pk"]])


class SegmentPage(OneSegment, DetailPage):
    """One audience: what it says, whom it means now, what was locked from it."""

    permission = P.SEGMENT_VIEW
    template = "portal/segments/page.html"

    def context(self) -> dict[str, Any]:
        segment, staff = self.object, self.request.user
        counted = {}
        if "count" in self.request.GET:  # without scripts the page itself counts
            counted = live.figures(builder.draft_of(segment.rule), segment.rule, staff) | {"is_page": True}
        return counted | {
            "sentence": said(segment.rule, staff),
            "campaigns": list(campaigns.for_list(staff).filter(segment=segment)[:20]),
            "locked": list(snapshots.visible_to(staff).filter(segment=segment)[:10]),
            "lines": words_of(log.of(segment, limit=8)) if access.may(staff, P.LOG_VIEW) else [],
        }


def said(rule: Any, staff: Any) -> str:
    """A stored rule in words; a rule that is not understood any more says so."""
    try:
        return sentence(rule, shown.names_of(builder.draft_of(rule), staff))
    except RuleError as error:
        return _("This rule cannot be used any more: %(reason)s") % {"reason": error.message}


class Builder(EditPage):
    """Name, description and rule. The rule comes as fields of the builder, or as JSON in ``rule``."""

    permission = P.SEGMENT_EDIT
    template = "portal/segments/edit.html"
    form_class = SegmentForm
    refusals = (RuleError, TooSlow, services.CannotSave)
    posted = ""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.load()
        self.root = builder.draft_of(self.object.rule) if self.object else builder.Draft(0)
        return self.shown(self.form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.load()
        self.root = builder.read(request.POST)
        if "do" in request.POST:  # without scripts every button of the builder comes here
            live.pressed(request, self.root)
            return self.shown(self.form_class(initial=request.POST.dict()))
        form = self.form(request.POST)
        rule = self.given_rule(form)
        if form.is_valid() and rule is not None:
            return self.saved(form, rule)
        if rule is None and not form.non_field_errors():
            form.add_error(None, _("Some conditions are not ready yet; see beside them what is missing."))
        return self.shown(form, status=422)

    def given_rule(self, form: SegmentForm) -> Any:
        """The rule of the form, or None with what is wrong told."""
        text = self.request.POST.get("rule", "").strip()
        if not text:
            return builder.checked(self.root)
        try:
            tree.parse(text)
            rule = json.loads(text)
        except RuleError as error:
            self.posted = text
            form.add_error(None, f"{error.path}: {error.message}" if error.path else error.message)
            return None
        self.root = builder.draft_of(rule)
        return rule

    def saved(self, form: SegmentForm, rule: Any) -> HttpResponseBase:
        try:
            segment = services.save(self.kept(), **form.cleaned_data, rule=rule, by=self.request.user, now=self.now)
        except self.refusals as refusal:
            place = builder.at(self.root, getattr(refusal, "path", ""))
            place.errors.append(getattr(refusal, "message", str(refusal)))
            form.add_error(None, getattr(refusal, "message", str(refusal)))
            return self.shown(form, status=422)
        messages.success(self.request, _("Audience saved."))
        return redirect("segment-detail", pk=segment.pk)

    def kept(self) -> Any:
        """The audience to change; None makes a new one."""
        return self.object

    def context(self) -> dict[str, Any]:
        return live.drawn(self.root, self.request.user) | {"posted": self.posted}


class SegmentNew(Builder):
    """A new audience."""

    title = gettext_lazy("New audience")
    submit = gettext_lazy("Save audience")

    def back(self) -> str:
        return reverse("segment-list")

    def crumbs(self):
        return [(_("Audiences"), self.back())]


class SegmentEdit(OneSegment, Builder):
    """Change an audience; a changed rule is a new version."""

    title = gettext_lazy("Edit audience")

    def initial(self) -> dict:
        return {"name": self.object.name, "description": self.object.description}


class SegmentCopy(SegmentEdit):
    """Start a new audience from an old one."""

    title = gettext_lazy("Copy audience")
    submit = gettext_lazy("Save audience")

    def initial(self) -> dict:
        name = _("Copy of %(name)s") % {"name": self.object.name}
        return {"name": name[:80], "description": self.object.description}

    def kept(self) -> None:
        return None


class SegmentArchive(OneSegment, DeletePage):
    """Out of the list; what was locked from it stays."""

    permission = P.SEGMENT_EDIT
    form_class = SureForm
    title = gettext_lazy("Archive audience")
    question = gettext_lazy("The audience leaves the list. Locked audiences made from it stay as they are.")
    submit = gettext_lazy("Archive")
    done = gettext_lazy("Audience archived.")

    def save(self, form: SureForm) -> str:
        services.archive(self.object, by=self.request.user, now=timezone.now())
        return reverse("segment-list")
