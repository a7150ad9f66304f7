from django.urls import path

from . import views

urlpatterns = [
    path("channels/", views.ChannelList.as_view(), name="channel-list"),
    path("channels/new/", views.ChannelNew.as_view(), name="channel-new"),
    path("channels/<int:pk>/", views.ChannelPage.as_view(), name="channel-detail"),
    path("channels/<int:pk>/edit/", views.ChannelEdit.as_view(), name="channel-edit"),
]
