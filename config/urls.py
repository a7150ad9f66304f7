"""Addresses. Each front door is mounted here as soon as it has urls."""

from importlib import import_module
from importlib.util import find_spec

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from web.health import healthz

admin.site.login = secure_admin_login(admin.site.login)  # one door: password, throttle and second factor
handler400 = "web.errors.bad_request"
handler403 = "web.errors.forbidden"
handler404 = "web.errors.not_found"
handler500 = "web.errors.server_error"
urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("accounts/", include("web.sign_in.urls")),
    path("engine/", admin.site.urls),
]
for prefix, door in [("", "web.portal"), ("s/", "web.counter"), ("", "web.h5"), ("ui/", "web.ui")]:
    if find_spec(door) and find_spec(f"{door}.urls"):
        urlpatterns.append(path(prefix, include(f"{door}.urls")))
if find_spec("web.api"):
    urlpatterns.append(path("api/v1/", import_module("web.api").api.urls))
