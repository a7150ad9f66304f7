from django.urls import path

from .views import LogChain, LogList

urlpatterns = [
    path("log/", LogList.as_view(), name="log-list"),
    path("log/check/", LogChain.as_view(), name="log-chain"),
]
