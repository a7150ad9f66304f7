from django.urls import path

from .views import LogList

urlpatterns = [path("log/", LogList.as_view(), name="log-list")]
