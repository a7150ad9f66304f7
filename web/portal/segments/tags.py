"""The tag dictionary, and one tag for a whole audience."""

from typing import Any

from django.contrib import messages
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from members.queries import tags as queries
from segments.queries import audiences
from segments.rules.tree import RuleError
from segments.services import tags as services
from stores.access import Permission as P
from web.ui.formats import local_name, number
from web.ui.pages import Action, DeletePage, EditPage, Empty, ListPage

from .forms import SureForm, TagAudienceForm, TagForm
from .tables import TagTable
from .views import OneSegment, said


class TagList(ListPage):
    """Every word, with how many members wear it."""

    permission = P.TAG_VIEW
    template = "portal/segments/tags.html"
    table_class = TagTable
    title = gettext_lazy("Tags")
    empty = Empty(
        gettext_lazy("No tags yet"), gettext_lazy("A tag is a word that members wear, so that an audience can ask for it."),
        "tag", gettext_lazy("Define the first tag"), "/tags/new/",
    )  # fmt: skip

    def rows(self):
        return queries.dictionary()

    def actions(self):
        return [Action(_("New tag"), reverse("tag-new"), "plus", P.TAG_EDIT, is_main=True)]

    def render(self, **given: Any):
        if "page" in given:
            worn = queries.worn(given["page"].rows, self.request.user)
            for tag in given["page"].rows:
                tag.worn = worn.get(tag.pk, 0)
            given["lines"] = list(given["table"].lines(given["page"].rows))
        return super().render(**given)


class TagNew(EditPage):
    """A new word."""

    permission = P.TAG_EDIT
    form_class = TagForm
    title = gettext_lazy("New tag")
    refusals = (services.BadTag,)
    done = gettext_lazy("Tag defined.")

    def back(self) -> str:
        return reverse("tag-list")

    def crumbs(self):
        return [(_("Tags"), self.back())]

    def save(self, form: TagForm) -> None:
        services.define(**form.cleaned_data, by=self.request.user, now=self.now)


class TagEdit(TagNew):
    """Another name or meaning; members keep the tag."""

    template = "portal/segments/tag.html"
    done = gettext_lazy("Saved.")
    title = gettext_lazy("Edit tag")

    def rows(self):
        return queries.dictionary()

    def initial(self) -> dict:
        return {name: getattr(self.object, name) for name in TagForm.base_fields}

    def save(self, form: TagForm) -> None:
        services.rename(self.object, **form.cleaned_data, by=self.request.user, now=self.now)


class TagRetire(DeletePage):
    """A word that is not given out any more."""

    permission = P.TAG_EDIT
    form_class = SureForm
    title = gettext_lazy("Retire tag")
    question = gettext_lazy(
        "Nobody gets this tag any more. Members who wear it keep it, and audiences still find them."
    )
    submit = gettext_lazy("Retire")
    done = gettext_lazy("Tag retired.")
    refusals = (services.BadTag,)

    def rows(self):
        return queries.dictionary()

    def back(self) -> str:
        return reverse("tag-list")

    def crumbs(self):
        return [(_("Tags"), self.back()), (local_name(self.object), reverse("tag-edit", args=[self.object.pk]))]

    def save(self, form: SureForm) -> None:
        services.retire(self.object, by=self.request.user, now=self.now)


class SegmentTag(OneSegment, EditPage):
    """One tag for everybody in the audience: which tag, and how many members that is."""

    permission = P.TAG_EDIT
    template = "portal/segments/tag_audience.html"
    title = gettext_lazy("Tag this audience")
    submit = gettext_lazy("Give the tag")
    done = ""
    refusals = (RuleError, audiences.TooSlow, services.BadTag)

    def form(self, data: Any = None, files: Any = None) -> TagAudienceForm:
        return TagAudienceForm(data, tags=queries.in_use())

    def context(self) -> dict[str, Any]:
        told = {"sentence": said(self.object.rule, self.request.user)}
        try:
            return told | {"counted": audiences.count(self.object.rule, now=timezone.now(), staff=self.request.user)}
        except (RuleError, audiences.TooSlow):
            return told

    def save(self, form: TagAudienceForm) -> None:
        tag = form.cleaned_data["tag"]
        made = services.tag_audience(tag, self.object.rule, by=self.request.user, now=self.now)
        text = ngettext("%(count)s member got the tag “%(tag)s”.", "%(count)s members got the tag “%(tag)s”.", made)
        messages.success(self.request, text % {"count": number(made), "tag": local_name(tag)})
