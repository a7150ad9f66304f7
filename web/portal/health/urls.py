from django.urls import path

from . import views

urlpatterns = [path("data-health/", views.Board.as_view(), name="data-health")]
