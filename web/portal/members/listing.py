"""The list of members: search, saved views, and which columns a person likes to see."""

from urllib.parse import parse_qs

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from loyalty.filters import MemberFilter
from loyalty.queries import members as loyalty_members
from loyalty.queries import programs
from members.queries import members
from members.rules import searching
from stores.access import Permission, may
from stores.queries import saved_views as view_queries
from stores.services import exports, saved_views
from web.ui.access import requires
from web.ui.forms import Form
from web.ui.menu import address
from web.ui.pages import Action, Empty, ListPage

from .tables import MemberTable

LIST = "member"
TICKED = 200  # rows that may be ticked at once


class ViewForm(Form):
    """What the view is called, and whether colleagues see it."""

    name = forms.CharField(label=gettext_lazy("Name of the view"), max_length=40)
    is_shared = forms.BooleanField(label=gettext_lazy("Share with colleagues of my role"), required=False)


class MemberList(ListPage):
    """Everybody this person may see."""

    permission = Permission.MEMBER_VIEW
    template = "portal/members/list.html"
    filter_class = MemberFilter
    table_class = MemberTable
    title = gettext_lazy("Members")
    export_permission = Permission.MEMBER_EXPORT
    export_name = "member"
    has_private_search = True
    is_marked = True
    is_released = False  # a second person has released this file

    @property
    def empty(self) -> Empty:
        text = _("Members come by scanning a store code, or from a file that you already have.")
        url = address("import-new") if may(self.request.user, Permission.MEMBER_IMPORT) else ""
        return Empty(_("No members yet"), text, "users", _("Import members"), url)

    def rows(self):
        rows = members.for_list(self.request.user)
        if ticked := self.request.GET.getlist("row"):
            rows = rows.filter(number__in=ticked[:TICKED])
        return loyalty_members.with_balance(rows, programs.visible_to(self.request.user))

    def exported(self, table, rows):
        """A small file at once; a larger one is asked for with a reason, and released by a second person."""
        is_large = (
            self.may_export and not self.is_released and rows.order_by()[: exports.ALONE + 1].count() > exports.ALONE
        )
        if not is_large:
            return super().exported(table, rows)
        if "s" in self.request.GET:
            messages.error(self.request, _("A search cannot be part of a large file. Use the filters instead."))
            return redirect("member-list")
        return redirect(f"{reverse('export-new')}?list={LIST}&{self.request.GET.urlencode()}")

    @cached_property
    def views(self):
        return list(view_queries.visible_to(self.request.user, LIST))

    def kept_columns(self) -> str:
        own = next((view for view in self.views if not view.name), None)
        return ".".join(parse_qs(own.words).get("cols", [])) if own else ""

    def keep_columns(self, response):
        return response  # they are kept with the person, not with the browser

    def context(self):
        here = saved_views.kept(self.request.GET.urlencode())
        named = [
            {"view": view, "url": f"?{view.words}", "is_here": view.words == here,
             "is_mine": view.owner_id == self.request.user.pk}
            for view in self.views if view.name
        ]  # fmt: skip
        return {
            "hint": searching.read(self.asked().get("q", "")).hint, "views": named, "view_form": ViewForm(),
            "may_save": bool(here) and not any(each["is_here"] for each in named), "here": here,
            "columns_url": reverse("member-columns"), "list_tools": "portal/members/list_tools.html",
        }  # fmt: skip

    def actions(self):
        url = address("import-new")
        return [Action(_("Import members"), url, "upload", Permission.MEMBER_IMPORT)] if url else []

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        """The search on top goes straight to the one member it names."""
        if "go" in request.POST:
            found = list(members.find(request.user, request.POST.get("q", ""))[:2]) if request.POST.get("q") else []
            if len(found) == 1:
                return redirect("member-detail", number=found[0].number)
            request.POST = request.POST.copy()
            del request.POST["go"]
        return super().post(request, *args, **kwargs)


def back_to(words: str) -> HttpResponseBase:
    """To the list as it was."""
    url = reverse("member-list")
    return redirect(f"{url}?{words}" if words else url)


@require_POST
@requires(Permission.MEMBER_VIEW)
def save_view(request: HttpRequest) -> HttpResponseBase:
    """Keep the list as it stands under a name."""
    form, words = ViewForm(request.POST), saved_views.kept(request.POST.get("words", "")[:4000])
    if not form.is_valid():
        messages.error(request, _("Give the view a name."))
        return back_to(words)
    try:
        made = saved_views.save(LIST, **form.cleaned_data, query=words, by=request.user, now=timezone.now())
    except saved_views.CannotSave as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Kept as “%(name)s”.") % {"name": made.name})
    return back_to(words)


@require_POST
@requires(Permission.MEMBER_VIEW)
def delete_view(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Forget one's own view."""
    view = get_object_or_404(view_queries.own(request.user, LIST), pk=pk)
    saved_views.delete(view, by=request.user, now=timezone.now())
    messages.success(request, _("The view is deleted. The members stay as they are."))
    return redirect("member-list")


@require_POST
@requires(Permission.MEMBER_VIEW)
def choose_columns(request: HttpRequest) -> HttpResponseBase:
    """Remember the columns with the person."""
    known = [column.name for column in MemberTable.columns]
    chosen = [name for name in known if name in request.POST.getlist("cols")]
    saved_views.choose_columns(LIST, chosen, by=request.user, now=timezone.now())
    return back_to(saved_views.kept(request.POST.get("words", "")[:4000]))
