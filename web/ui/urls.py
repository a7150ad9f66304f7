"""Language switch, and the gallery of components (DEBUG only)."""

from django.conf import settings
from django.urls import path
from django.views.i18n import set_language

from . import gallery

urlpatterns = [path("language/", set_language, name="set_language")]
if settings.DEBUG or settings.TESTING:
    urlpatterns += [path("", gallery.gallery, name="gallery")]
