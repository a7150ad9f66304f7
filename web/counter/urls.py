"""Addresses of the store phone, below /s/."""

from django.urls import path

from . import codes, find, shop, today

urlpatterns = [
    path("", today.home, name="counter-home"),
    path("store", shop.switch, name="counter-switch"),
    path("code", codes.show, name="counter-code"),
    path("code/issue", codes.issue, name="counter-code-issue"),
    path("code/scans", codes.scans, name="counter-scans"),
    path("find", find.find, name="counter-find"),
    path("members/<str:number>", find.member, name="counter-member"),
    path("joined", today.joined, name="counter-joined"),
]
