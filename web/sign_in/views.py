"""Signing in: the library's views with the demo's help, and the first password of an invited person."""

from allauth.account.views import LoginView
from allauth.mfa.base.views import AuthenticateView
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from stores.queries import demo, invites
from stores.services import invites as inviting

from ..addresses import client_address
from .forms import WelcomeForm


class SignIn(LoginView):
    """Login name and password. On the demo chain, and only there, the known logins stand below."""

    def get_context_data(self, **given):
        words = {"demo_logins": demo.logins()}
        if words["demo_logins"]:
            words["demo_password"] = settings.DEMO_PASSWORD
        return super().get_context_data(**given) | words


class SecondStep(AuthenticateView):
    """The code. On the demo chain, and only for its known accounts, the right one stands below."""

    def get_context_data(self, **given):
        return super().get_context_data(**given) | {"demo_code": demo.current_code(self.stage.login.user)}


@sensitive_post_parameters("password1", "password2")
@never_cache
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """An invitation's link: choose a password, then sign in with it."""
    person = invites.find(token)
    if person is None:
        return render(request, "account/welcome_over.html", status=410)
    form = WelcomeForm(request.POST or None, person=person)
    if form.is_valid():
        try:
            inviting.accept(person, form.cleaned_data["password1"], now=timezone.now(), address=client_address(request))
        except inviting.InviteUsed:
            return render(request, "account/welcome_over.html", status=410)
        messages.success(request, _("Your password is set. Sign in with it now."))
        return redirect("account_login")
    return render(request, "account/welcome.html", {"form": form, "person": person}, status=422 if form.errors else 200)
