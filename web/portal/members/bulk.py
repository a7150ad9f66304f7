"""One act for many members: those ticked in the list, or all that its filters leave. How many is said exactly first."""

from typing import Any

import numpy as np
from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from members.models import Tag
from members.queries import members
from members.queries import tags as tag_queries
from segments.services import snapshots
from segments.services import tags as tag_services
from stores.access import Permission
from stores.services import saved_views
from web.ui.formats import local_name, number
from web.ui.forms import Form
from web.ui.pages import EditPage

from .listing import TICKED, MemberList

MOST = 1_000_000  # members of one act


class Changed(Exception):
    """The list is not what was counted, or too long. The text may be shown."""


class BulkForm(Form):
    """How many members were named when the page was shown."""

    count = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class TagForm(BulkForm):
    """Which tag they get."""

    tag = forms.ModelChoiceField(
        label=gettext_lazy("Tag"), queryset=Tag._default_manager.none(), empty_label=gettext_lazy("Choose…")
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["tag"].queryset = tag_queries.in_use()


class LockForm(BulkForm):
    """What the audience is called."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80,
        help_text=gettext_lazy("Colleagues find the locked audience under this name."),
    )  # fmt: skip


class BulkPage(EditPage):
    """Counts who is meant, asks what is needed, and does it for exactly that many."""

    template = "portal/members/bulk.html"
    done = ""
    refusals = (Changed, tag_services.BadTag)
    note: Any = ""

    @property
    def is_ticked(self) -> bool:
        return self.request.GET.get("which") == "ticked"

    def chosen(self):
        """The members meant, among those whom this person may see."""
        rows = members.visible_to(self.request.user)
        if self.is_ticked:
            return rows.filter(number__in=self.request.GET.getlist("row")[:TICKED])
        page = MemberList()
        page.setup(self.request)
        chosen = MemberList.filter_class(page.asked(), rows, request=self.request)
        if not chosen.form.is_valid():
            raise BadRequest("a filter that cannot be read would mean everybody")
        return chosen.qs

    @cached_property
    def count(self) -> int:
        return self.chosen().order_by().count()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.count:
            text = _("Tick at least one member first.") if self.is_ticked else _("No member matches these filters.")
            messages.error(request, text)
            return redirect(self.back())
        return super().get(request, *args, **kwargs)

    def initial(self) -> dict:
        return {"count": self.count}

    def context(self) -> dict:
        return {"count": self.count, "is_ticked": self.is_ticked, "note": self.note}

    def ids(self, count: int) -> np.ndarray:
        """The sorted ids, as many as were shown. Raises Changed."""
        if count > MOST:
            raise Changed(_("At most 1,000,000 members at once. Narrow the filters."))
        keys = self.chosen().order_by("pk").values_list("pk", flat=True)
        found = np.fromiter(keys.iterator(chunk_size=20_000), np.int32)
        if len(found) != count:
            told = _("The list has changed: it has %(count)s members now. Go back and look again.")
            raise Changed(told % {"count": number(len(found))})
        return found

    def back(self) -> str:
        words = saved_views.kept(self.request.GET.urlencode().replace("which=", "export="))
        search = "s=1" if "s" in self.request.GET else ""
        return "?".join(filter(None, [reverse("member-list"), "&".join(filter(None, [words, search]))]))

    def crumbs(self):
        return [(_("Members"), self.back())]


class TagChosen(BulkPage):
    """One tag for all of them."""

    permission = Permission.TAG_EDIT
    form_class = TagForm
    title = gettext_lazy("Tag members")
    submit = gettext_lazy("Give the tag")
    note = gettext_lazy("Members who wear it already keep it.")

    def save(self, form: TagForm) -> None:
        tag = form.cleaned_data["tag"]
        ids = self.ids(form.cleaned_data["count"])
        made = tag_services.tag_members(tag, ids.tolist(), by=self.request.user, now=timezone.now())
        text = ngettext("%(count)s member got the tag “%(tag)s”.", "%(count)s members got the tag “%(tag)s”.", made)
        messages.success(self.request, text % {"count": number(made), "tag": local_name(tag)})


class LockChosen(BulkPage):
    """A locked audience of exactly these."""

    permission = Permission.SEGMENT_EDIT
    form_class = LockForm
    title = gettext_lazy("Lock members as an audience")
    submit = gettext_lazy("Lock now")
    done = gettext_lazy("Audience locked.")
    note = gettext_lazy(
        "The audience holds exactly these members, whatever changes later. Campaigns can be sent to it."
    )

    def save(self, form: LockForm) -> str:
        ids = self.ids(form.cleaned_data["count"])
        name = form.cleaned_data["name"]
        made = snapshots.lock_members(ids, name=name, by=self.request.user, now=timezone.now())
        return reverse("snapshot-detail", args=[made.pk])
