"""Language switch, and the gallery of components (DEBUG only)."""

from django.conf import settings
from django.urls import path, re_path
from django.views.i18n import set_language

from . import gallery, style

urlpatterns = [
    path("language/", set_language, name="set_language"),
    re_path(r"^brand/(?P<colour>[0-9a-f]{6})\.css$", style.brand_style, name="brand-style"),
]
if settings.DEBUG or settings.TESTING:
    urlpatterns += [path("", gallery.gallery, name="gallery")]
