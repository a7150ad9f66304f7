from django.urls import path

from . import views

urlpatterns = [
    path("channels/", views.ChannelList.as_view(), name="channel-list"),
    path("channels/new/", views.ChannelNew.as_view(), name="channel-new"),
    path("channels/<int:pk>/", views.ChannelPage.as_view(), name="channel-detail"),
    path("channels/<int:pk>/edit/", views.ChannelEdit.as_view(), name="channel-edit"),
    path("channels/<int:pk>/keys/new/", views.KeyNew.as_view(), name="key-new"),
    path("channels/keys/<int:pk>/revoke/", views.KeyRevoke.as_view(), name="key-revoke"),
]
