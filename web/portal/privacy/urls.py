from django.urls import path

from . import views

urlpatterns = [
    path("privacy/", views.Desk.as_view(), name="privacy-list"),
    path("members/<str:number>/privacy/", views.Ask.as_view(), name="member-privacy"),
    path("privacy/<int:pk>/", views.RequestPage.as_view(), name="privacy-detail"),
    path("privacy/<int:pk>/answer/", views.Answer.as_view(), name="privacy-answer"),
    path("privacy/<int:pk>/refuse/", views.Refuse.as_view(), name="privacy-refuse"),
    path("privacy/<int:pk>/erase/", views.Erase.as_view(), name="privacy-erase"),
    path("privacy/<int:pk>/copy/", views.copy, name="privacy-copy"),
]
