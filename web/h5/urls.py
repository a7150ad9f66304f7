"""Addresses of the pages for members. They are short because some are printed."""

from django.urls import path

from . import card, feedback, join, links, mini, places, preferences, wallet

urlpatterns = [
    path("c/<str:public>", join.landing, name="store-code"),
    path("c/<str:public>/code", join.prove, name="join-code"),
    path("c/<str:public>/terms", join.terms, name="join-terms"),
    path("c/<str:public>/visit", join.visit, name="store-visit"),
    path("c/<str:public>/near", places.near, name="store-near"),
    path("j/<str:token>", join.assisted, name="join-assisted"),
    path("mini/<slug:channel>/<str:public>", mini.page, name="mini-page"),
    path("mini/<slug:channel>/<str:public>/join", mini.join, name="mini-join"),
    path("l/<str:token>", links.follow, name="link"),
    path("f/<str:token>", feedback.answer, name="feedback"),
    path("u/<str:token>", links.unsubscribe, name="unsubscribe"),
    path("u/<str:token>/back", links.give_back, name="unsubscribe-back"),
    path("u/<str:token>/settings", preferences.by_link, name="unsubscribe-preferences"),
    path("m/", card.page, name="card"),
    path("m/qr", card.code_picture, name="card-qr"),
    path("m/coupons", wallet.page, name="wallet"),
    path("m/coupons/<int:pk>", wallet.coupon, name="wallet-coupon"),
    path("m/offers", card.offers, name="card-offers"),
    path("m/settings", preferences.by_card, name="preferences"),
    path("m/settings/ask", preferences.ask, name="preferences-ask"),
    path("m/leave", card.leave, name="card-leave"),
    path("m/sign-in", card.sign_in, name="card-sign-in"),
    path("m/terms", card.terms, name="card-terms"),
    path("m/sign-in/code", card.sign_in_code, name="card-sign-in-code"),
]
