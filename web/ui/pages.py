"""Four page classes. A page is declared: permission, rows, table or form; the rest is here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import Model, QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views import View

from stores import access
from stores.access import Permission
from stores.services import log

from . import export, htmx
from .access import turned_away
from .filters import pills
from .forms import name_choices
from .paging import page_of
from .tables import Table

NOTHING = _("Nothing here yet")


@dataclass(frozen=True)
class Action:
    """A button of a page head. ``permission`` hides it from those who may not."""

    label: Any
    url: str
    icon: str = ""
    permission: Permission | None = None
    is_main: bool = False


@dataclass(frozen=True)
class Empty:
    """What a list says while it has nothing: why, and the one thing to do."""

    title: Any = NOTHING
    text: Any = ""
    icon: str = "list"
    label: Any = ""
    url: str = ""


class Page(View):
    """A page with a permission, a template and a title."""

    permission: Permission
    template = ""
    title: Any = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return turned_away(request, self.permission) or super().dispatch(request, *args, **kwargs)

    def actions(self) -> Sequence[Action]:
        """The buttons of the head."""
        return ()

    def context(self) -> dict:
        """More words for the template."""
        return {}

    def crumbs(self) -> Sequence[tuple[Any, str]]:
        """The way here: (label, address) pairs."""
        return ()

    def render(self, **given: Any) -> TemplateResponse:
        """The template with the page's own words."""
        offered = [one for one in self.actions() if not one.permission or access.may(self.request.user, one.permission)]
        words = {"title": self.title, "actions": offered, "crumbs": self.crumbs()}
        response = TemplateResponse(self.request, given.pop("template", self.template), words | given | self.context())
        response["Cache-Control"] = "no-store"
        return response


class ListPage(Page):
    """Search, pills, sort, pages, column choice, export and htmx swap of one table."""

    template = "ui/list.html"
    fragment = "ui/list.html#rows"
    filter_class: type[django_filters.FilterSet] | None = None
    table_class: type[Table]
    page_size = 50
    export_permission: Permission | None = None
    export_name = "list"
    empty = Empty()
    has_private_search = False  # searched words may be phones: they travel by POST and wait in the session
    is_marked = False  # a file of it says on every line who took it and when

    def rows(self) -> QuerySet:
        """The rows this person may see, with the figures shown; each page reads them in constant queries."""
        raise NotImplementedError

    def fill(self, rows: Sequence[Any]) -> None:
        """Add to the rows of one page what is counted for all of them at once."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        table = self.table_class(request, self.kept_columns())
        chosen = self.filter_class(self.asked(), self.rows(), request=request) if self.filter_class else None
        if chosen:
            name_choices(chosen.form)
        rows = table.sorted(chosen.qs if chosen else self.rows())
        if request.GET.get("export") in export.FORMATS:
            return self.exported(table, rows)
        asked = request.GET.get("page", "")
        number = int(asked) if asked.isdecimal() and len(asked) < 7 else 1
        ends = {word: request.GET.get(word, "") for word in ("after", "before")}
        page = page_of(rows, number=number, size=self.page_size, **ends)
        self.fill(page.rows)
        partial = htmx.is_partial(request)
        response = self.render(
            template=self.fragment if partial else self.template, filter=chosen, table=table, page=page,
            pills=list(pills(chosen, request)) if chosen else [], lines=list(table.lines(page.rows)),
            may_export=self.may_export, empty=self.empty, is_partial=partial, has_private_search=self.has_private_search,
        )  # fmt: skip
        response["Vary"] = "HX-Request, Cookie"
        if partial:
            htmx.push_url(response, request.get_full_path())
        return self.keep_columns(response)

    def filtered(self) -> QuerySet:
        """The rows under the filters of the address."""
        return (
            self.filter_class(self.asked(), self.rows(), request=self.request).qs if self.filter_class else self.rows()
        )

    def asked(self) -> QueryDict:
        """The filters of the address, with the searched words that wait in the session."""
        if not (self.has_private_search and "s" in self.request.GET):
            return self.request.GET
        words = self.request.GET.copy()
        words["q"] = self.request.session.get(f"q_{self.cookie}", "")
        return words

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A private search: keep the words in the session, leave only a mark in the address."""
        if not self.has_private_search:
            return HttpResponseNotAllowed(["GET"])
        words = request.POST.copy()
        searched = words.get("q", "").strip()[:128]
        for name in [
            name
            for name in words
            if name in {"q", "s", "page", "after", "before", "csrfmiddlewaretoken"} or not words[name]
        ]:
            del words[name]
        request.session[f"q_{self.cookie}"] = searched
        if searched:
            words["s"] = "1"
        return redirect(f"{request.path}?{words.urlencode()}" if words else request.path)

    @property
    def cookie(self) -> str:
        return f"cols_{self.table_class.__name__.lower()}"

    @property
    def may_export(self) -> bool:
        return bool(self.export_permission) and access.may(self.request.user, self.export_permission)

    def kept_columns(self) -> str:
        """The names of the columns chosen earlier, with dots between."""
        return self.request.COOKIES.get(self.cookie, "")

    def keep_columns(self, response: HttpResponse) -> HttpResponse:
        """Remember the chosen columns in this browser."""
        if chosen := self.request.GET.getlist("cols"):
            known = [column.name for column in self.table_class.columns if column.name in chosen]
            response.set_cookie(self.cookie, ".".join(known), max_age=365 * 24 * 3600, samesite="Lax")
        return response

    def exported(self, table: Table, rows: QuerySet) -> HttpResponseBase:
        """The whole filtered list as a file, noted in the action log."""
        if not self.may_export:
            return HttpResponse(status=403)
        keys = list(rows.values_list("pk", flat=True)[: export.LIMIT + 1])
        if len(keys) > export.LIMIT:
            return self._too_long()
        staff, now, kind = self.request.user, timezone.now(), self.request.GET["export"]
        asked = {name: values for name, values in self.request.GET.lists() if name != "export" and any(values)}
        log.record(f"{self.export_name}.exported", staff, by=staff, now=now, after={"asked": hidden_text(asked)})
        name = f"{self.export_name}-{timezone.localtime(now):%Y%m%d-%H%M}-{staff.username}"
        mark = [f"{staff.username} {timezone.localtime(now):%Y-%m-%d %H:%M}"] if self.is_marked else []
        head = [column.label for column in table.shown] + ([_("Taken by")] if mark else [])
        return export.answer(kind, name, head, (line + mark for line in self._lines(table, rows, keys)))

    def _too_long(self) -> HttpResponseBase:
        told = _("Filter first: at most %(count)s rows in one file.") % {"count": f"{export.LIMIT:,}"}
        messages.error(self.request, told)
        words = self.request.GET.copy()
        del words["export"]
        return redirect(f"{self.request.path}?{words.urlencode()}" if words else self.request.path)

    def _lines(self, table: Table, rows: QuerySet, keys: Sequence[Any]) -> Iterator[list]:
        """Page by page in the order of the keys: each statement is short and holds no transaction open."""
        for at in range(0, len(keys), export.CHUNK):
            chunk = keys[at : at + export.CHUNK]
            found = {row.pk: row for row in rows.filter(pk__in=chunk).order_by()}
            self.fill(list(found.values()))
            for key in chunk:
                if key in found:  # else it left the list meanwhile
                    yield [column.exported(found[key]) for column in table.shown]


def hidden_text(asked: dict[str, list[str]]) -> dict[str, list[str]]:
    """Searched words may be phones: the log keeps that there was a search, not for what."""
    return {name: ["…"] if name == "q" else values for name, values in asked.items()}


class DetailPage(Page):
    """One thing. A row outside the person's scope is a 404."""

    template = "ui/detail.html"
    lookup = "pk"

    def rows(self) -> QuerySet:
        """The rows this person may see."""
        raise NotImplementedError

    def thing(self) -> Model:
        """The row that the address names."""
        return get_object_or_404(self.rows(), **{self.lookup: self.kwargs[self.lookup]})

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.object = self.thing()
        return self.render(object=self.object, title=self.title or str(self.object))


class EditPage(Page):
    """A form and one service call. With ``rows`` it edits a thing, without it makes one.

    ``refusals`` are the service's exceptions whose text may be shown.
    """

    template = "ui/edit.html"
    form_class: type[Form]
    lookup = "pk"
    done: Any = _("Saved.")
    submit: Any = _("Save")
    refusals: tuple[type[Exception], ...] = ()
    object: Model | None = None

    def rows(self) -> QuerySet | None:
        """The rows that may be edited; None when the page makes a new one."""
        return None

    def initial(self) -> dict:
        """The form's first values."""
        return {}

    def form(self, data: Any = None, files: Any = None) -> Form:
        """The form; override to hand over more."""
        return self.form_class(data, files, initial=self.initial())

    def save(self, form: Form) -> str | None:
        """Call the service; return the address to go to, or None for ``back``."""
        raise NotImplementedError

    def back(self) -> str:
        """Where Cancel leads, and where a saved form goes."""
        return "/"

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.now = timezone.now()

    def load(self) -> None:
        """Find the thing, once the permission is checked."""
        rows = self.rows()
        if rows is not None:
            self.object = get_object_or_404(rows, **{self.lookup: self.kwargs[self.lookup]})

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.load()
        return self.shown(self.form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.load()
        form = self.form(request.POST, request.FILES)
        if not form.is_valid():
            return self.shown(form, status=422)
        try:
            target = self.save(form)
        except self.refusals as refusal:
            form.add_error(None, str(refusal))
            return self.shown(form, status=422)
        if self.done:
            messages.success(request, self.done)
        return redirect(target or self.back())

    def shown(self, form: Form, status: int = 200) -> TemplateResponse:
        response = self.render(form=form, object=self.object, back=self.back(), submit=self.submit)
        response.status_code = status
        return response


class DeletePage(EditPage):
    """A question before something ends: what will happen, perhaps a reason, and a red button."""

    template = "ui/delete.html"
    submit = _("Delete")
    done = _("Done.")
    question: Any = ""

    def context(self) -> dict:
        return {"question": self.question}
