"""Addresses: the front doors."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from web.api import api
from web.health import healthz

admin.site.login = secure_admin_login(admin.site.login)  # one door: password, throttle and second factor
handler400 = "web.errors.bad_request"
handler403 = "web.errors.forbidden"
handler404 = "web.errors.not_found"
handler500 = "web.errors.server_error"
urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("accounts/", include("web.sign_in.urls")),
    path("engine/", admin.site.urls),
    path("", include("web.portal.urls")),
    path("s/", include("web.counter.urls")),
    path("", include("web.h5.urls")),
    path("ui/", include("web.ui.urls")),
    path("notices/", include("web.notices.urls")),
    path("api/v1/", api.urls),
]
