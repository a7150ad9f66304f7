"""Addresses of the store phone, below /s/."""

from django.urls import path

from . import assist, codes, find, promotions, redeem, shop, today, todo

urlpatterns = [
    path("", today.home, name="counter-home"),
    path("store", shop.switch, name="counter-switch"),
    path("code", codes.show, name="counter-code"),
    path("code/issue", codes.issue, name="counter-code-issue"),
    path("code/scans", codes.scans, name="counter-scans"),
    path("assist", assist.index, name="counter-assist"),
    path("assist/start", assist.start, name="counter-assist-start"),
    path("assist/<int:pk>", assist.link, name="counter-assist-link"),
    path("assist/<int:pk>/state", assist.state, name="counter-assist-state"),
    path("find", find.find, name="counter-find"),
    path("members/<str:number>", find.member, name="counter-member"),
    path("redeem", redeem.look, name="counter-redeem"),
    path("redeem/confirm", redeem.confirm, name="counter-redeem-confirm"),
    path("redeem/done", redeem.done, name="counter-redeem-done"),
    path("redeem/undo", redeem.undo, name="counter-redeem-undo"),
    path("joined", today.joined, name="counter-joined"),
    path("today/<str:kind>", todo.people, name="counter-people"),
    path("today/<str:kind>/done", todo.tick, name="counter-tick"),
    path("promotions", promotions.index, name="counter-promotions"),
    path("promotions/new/<int:pk>", promotions.start, name="counter-promotion-new"),
    path("promotions/new/<int:pk>/reach", promotions.reach, name="counter-promotion-reach"),
    path("promotions/<str:number>", promotions.promotion, name="counter-promotion"),
]
