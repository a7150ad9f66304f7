"""Addresses that platforms are given: one for each channel, with a last word where a platform wants several."""

from django.urls import path

from . import views

urlpatterns = [
    path("<slug:code>/", views.hear, name="notice"),
    path("<slug:code>/<str:word>", views.hear, name="notice-word"),
]
