"""People: who works here, inviting, moving, seeing off."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from stores.access import Permission, may
from stores.filters import StaffFilter
from stores.queries import invites, log, sessions
from stores.queries import staff as people
from stores.resources import StaffResource
from stores.services import second_factor, staff
from web.addresses import client_address
from web.ui.pages import Action, DeletePage, DetailPage, EditPage, Empty, ListPage
from web.ui.uploads import UploadPage

from ..log.words import lines as words_of
from .forms import EditForm, InviteForm, LeaveForm, PlacesForm, SureForm
from .tables import InviteTable, StaffTable, state_words


class StaffList(ListPage):
    permission = Permission.STAFF_VIEW
    filter_class = StaffFilter
    table_class = StaffTable
    title = _("Staff")
    export_permission = Permission.STAFF_EDIT
    export_name = "staff"
    empty = Empty(_("Nobody yet"), _("Invite the first colleague, or load a file of many."), "users-group")

    def rows(self):
        return people.for_list(self.request.user)

    def actions(self):
        return [
            Action(_("Open invitations"), reverse("staff-invites"), "link", Permission.STAFF_EDIT),
            Action(_("Load a file"), reverse("staff-upload"), "upload", Permission.STAFF_IMPORT),
            Action(_("Invite"), reverse("staff-invite"), "user-plus", Permission.STAFF_EDIT, is_main=True),
        ]


class InviteList(ListPage):
    """One-time links of people who came by file and have not chosen a password yet."""

    permission = Permission.STAFF_EDIT
    template = "portal/staff/invites.html"
    table_class = InviteTable
    title = _("Open invitations")
    export_permission = Permission.STAFF_EDIT
    export_name = "invitation"
    empty = Empty(_("No open invitations"), _("Everybody who came by file has chosen a password."), "circle-check")

    def rows(self):
        return invites.waiting(self.request.user).prefetch_related(
            "grants__store", "grants__brand", "grants__region", "grants__dealer"
        )

    def crumbs(self):
        return [(_("Staff"), reverse("staff-list"))]


class StaffDetail(DetailPage):
    permission = Permission.STAFF_VIEW
    template = "portal/staff/detail.html"

    def rows(self):
        return people.visible_to(self.request.user)

    def crumbs(self):
        return [(_("Staff"), reverse("staff-list"))]

    def context(self) -> dict[str, Any]:
        me, person = self.request.user, self.object
        state, tone = state_words(person)
        manages = people.manageable_by(me).filter(pk=person.pk).exists()
        return {
            "places": people.places(person), "state": state, "tone": tone, "manages": manages,
            "has_factor": second_factor.is_enrolled(person),
            "seen": sessions.of(person)[:1] if manages else [],
            "lines": words_of(log.of(person)) if manages or may(me, Permission.LOG_VIEW) else [],
        }  # fmt: skip


class StaffInvite(EditPage):
    """A new colleague; the temporary password is shown on the answer, and never again."""

    permission = Permission.STAFF_EDIT
    template = "portal/staff/form.html"
    title = _("Invite a colleague")
    submit = _("Invite")
    done = ""
    refusals = (staff.StaffProblem,)

    def form(self, data: Any = None, files: Any = None) -> InviteForm:
        return InviteForm(data, initial=self.initial(), by=self.request.user)

    def initial(self) -> dict:
        return {"language": get_language(), "role": "store_manager", "stores": self.request.GET.get("store", "")}

    def back(self) -> str:
        return reverse("staff-list")

    def crumbs(self):
        return [(_("Staff"), reverse("staff-list"))]

    def save(self, form: InviteForm) -> None:
        given = {name: form.cleaned_data[name] for name in ("name", "role", "nodes", "email", "phone", "language")}
        self.made = staff.invite(
            form.cleaned_data["username"], by=self.request.user, now=self.now,
            address=client_address(self.request), **given,
        )  # fmt: skip

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return shown_once(self, super().post(request, *args, **kwargs))


def shown_once(page: EditPage, response: HttpResponseBase) -> HttpResponseBase:
    """The page with the temporary password instead of the redirect after a successful save."""
    made = getattr(page, "made", None)
    if made is None or response.status_code != 302:
        return response
    return page.render(
        template="portal/staff/password.html", person=made.staff, password=made.password, title=str(made.staff)
    )


class OnePerson(EditPage):
    """What the pages about one managed person share."""

    permission = Permission.STAFF_EDIT
    refusals = (staff.StaffProblem,)
    form_class = SureForm

    def rows(self):
        return people.manageable_by(self.request.user)

    def back(self) -> str:
        return reverse("staff-detail", args=[self.object.pk])

    def crumbs(self):
        return [(_("Staff"), reverse("staff-list")), (str(self.object), self.back())]

    def who(self) -> dict:
        return {"by": self.request.user, "now": self.now, "address": client_address(self.request)}


class StaffEdit(OnePerson):
    title = _("Edit")
    form_class = EditForm

    def initial(self) -> dict:
        return {name: getattr(self.object, name) for name in ("name", "email", "phone", "language")}

    def save(self, form: EditForm) -> None:
        staff.edit(self.object, **self.who(), **form.cleaned_data)


class StaffPlaces(OnePerson):
    """Another role, other places. The person's sessions end at once."""

    template = "portal/staff/form.html"
    title = _("Role and places")

    def form(self, data: Any = None, files: Any = None) -> PlacesForm:
        return PlacesForm(data, initial=self.initial(), by=self.request.user)

    def initial(self) -> dict:
        nodes = people.places(self.object)
        scope = self.object.scope
        chosen = ", ".join(node.code for node in nodes) if scope == "store" else [node.pk for node in nodes]
        return {"role": self.object.role, f"{scope}s": chosen}

    def save(self, form: PlacesForm) -> None:
        given = form.cleaned_data
        staff.change_role(self.object, role=given["role"], nodes=given["nodes"], **self.who())


class StaffLeave(OnePerson, DeletePage):
    title = _("Has left")
    submit = _("See off")
    form_class = LeaveForm
    question = _(
        "The account closes at once: sessions end, the password and the person's own store codes stop working."
    )

    def save(self, form: LeaveForm) -> str:
        staff.leave(self.object, reason=form.cleaned_data["reason"], **self.who())
        return reverse("staff-list")


class PasswordReset(OnePerson, DeletePage):
    title = _("New password")
    submit = _("Make a new password")
    done = ""
    question = _("The present password stops working and all sessions end. You will see a temporary one, once.")

    def save(self, form: SureForm) -> None:
        self.made = staff.reset_password(self.object, **self.who())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return shown_once(self, super().post(request, *args, **kwargs))


class FactorReset(OnePerson, DeletePage):
    title = _("Forget the second factor")
    submit = _("Forget it")
    question = _("For somebody who lost the phone: app and recovery codes stop working, the next sign-in enrols anew.")

    def save(self, form: SureForm) -> None:
        staff.reset_second_factor(self.object, **self.who())


class StaffUpload(UploadPage):
    """Six thousand people from one file; they open their accounts by one-time links."""

    permission = Permission.STAFF_IMPORT
    template = "portal/staff/upload.html"
    title = _("Load people from a file")
    resource_class = StaffResource
    done_url = "staff-invites"
    example_name = "staff-example"

    def heads(self) -> list[str]:
        if get_language() == "zh-hans":
            return ["登录名", "姓名", "岗位", "门店编码", "手机", "邮箱"]
        return ["login name", "name", "role", "store codes", "phone", "e-mail"]

    def examples(self) -> list[list]:
        words = ("店长", "店员") if get_language() == "zh-hans" else ("store manager", "associate")
        return [
            ["S00001-01", "林一", words[0], "S00001", "16900001234", "lin@example.com"],
            ["S00001-02", "周二", words[1], "S00001, S00002", "16900005678", ""],
        ]

    def crumbs(self):
        return [(_("Staff"), reverse("staff-list"))]
