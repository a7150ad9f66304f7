"""My account: language, time zone, password, second factor, and where I am signed in."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from stores.access import Permission
from stores.queries import sessions
from stores.queries import staff as people
from stores.services import second_factor, staff
from stores.services import sessions as ending
from web.addresses import client_address
from web.ui.access import requires
from web.ui.middleware import remember_language
from web.ui.pages import EditPage

from .browsers import told
from .forms import AccountForm


class Account(EditPage):
    """The form about oneself, with panels for sign-in beside it."""

    permission = Permission.ACCOUNT_OWN
    template = "portal/account/page.html"
    title = gettext_lazy("My account")
    form_class = AccountForm

    def initial(self) -> dict:
        me = self.request.user
        return {"language": me.language, "time_zone": me.time_zone, "email": me.email, "phone": me.phone}

    def context(self) -> dict[str, Any]:
        me, key = self.request.user, self.request.session.session_key
        rows = [
            {"row": row, "told": told(row.user_agent), "is_here": row.session_key == key} for row in sessions.of(me)
        ]
        return {"sessions": rows, "places": people.places(me), "has_factor": second_factor.is_enrolled(me)}

    def save(self, form: AccountForm) -> None:
        staff.edit(
            self.request.user, by=self.request.user, now=self.now, address=client_address(self.request),
            **form.cleaned_data,
        )  # fmt: skip

    def back(self) -> str:
        return reverse("account")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().post(request, *args, **kwargs)
        if response.status_code == 302:
            remember_language(response, request.user.language)
        return response


@require_POST
@requires(Permission.ACCOUNT_OWN)
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign one of my browsers out."""
    row = next((row for row in sessions.of(request.user) if row.pk == pk), None)
    if row is None:
        raise Http404
    if row.session_key == request.session.session_key:
        messages.warning(request, _("This is the browser you are using. Use “Sign out” instead."))
        return redirect("account")
    ending.end(row, by=request.user, now=timezone.now(), address=client_address(request))
    messages.success(request, _("That browser is signed out."))
    return redirect("account")


@require_POST
@requires(Permission.ACCOUNT_OWN)
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign me out everywhere but here."""
    count = ending.end_others(
        request.user, keep=request.session.session_key, now=timezone.now(), address=client_address(request)
    )
    words = ngettext("%(count)d other browser is signed out.", "%(count)d other browsers are signed out.", count)
    messages.success(request, words % {"count": count})
    return redirect("account")
