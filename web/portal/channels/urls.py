from django.urls import path

from . import account, notices, views

urlpatterns = [
    path("channels/", views.ChannelList.as_view(), name="channel-list"),
    path("channels/new/", views.ChannelNew.as_view(), name="channel-new"),
    path("channels/<int:pk>/", views.ChannelPage.as_view(), name="channel-detail"),
    path("channels/<int:pk>/edit/", views.ChannelEdit.as_view(), name="channel-edit"),
    path("channels/<int:pk>/platforms/", account.Platforms.as_view(), name="channel-platforms"),
    path("channels/<int:pk>/connect/", account.Connect.as_view(), name="channel-settings"),
    path("channels/<int:pk>/connect/<slug:platform>/", account.Connect.as_view(), name="channel-connect"),
    path("channels/<int:pk>/secrets/<slug:name>/", account.SecretSet.as_view(), name="channel-secret"),
    path("channels/<int:pk>/secrets/<slug:name>/end/", account.SecretEnd.as_view(), name="channel-secret-end"),
    path("channels/<int:pk>/try/", account.Try.as_view(), name="channel-try"),
    path("channels/<int:pk>/notices/", notices.NoticeLog.as_view(), name="channel-notices"),
    path("channels/notices/<int:pk>/", notices.NoticePage.as_view(), name="channel-notice"),
    path("channels/notices/<int:pk>/replay/", notices.NoticeReplay.as_view(), name="channel-notice-replay"),
]
