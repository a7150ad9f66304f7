from django.urls import path

from . import views

urlpatterns = [
    path("channels/<int:pk>/keys/new/", views.KeyNew.as_view(), name="key-new"),
    path("channels/keys/<int:pk>/", views.KeyPage.as_view(), name="key-detail"),
    path("channels/keys/<int:pk>/edit/", views.KeyEdit.as_view(), name="key-edit"),
    path("channels/keys/<int:pk>/rotate/", views.KeyRotate.as_view(), name="key-rotate"),
    path("channels/keys/<int:pk>/end-old/", views.KeyEndOld.as_view(), name="key-end"),
    path("channels/keys/<int:pk>/revoke/", views.KeyRevoke.as_view(), name="key-revoke"),
]
