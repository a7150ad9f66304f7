from django.urls import path

from . import views

urlpatterns = [
    path("exports/", views.Requests.as_view(), name="export-list"),
    path("exports/new/", views.Ask.as_view(), name="export-new"),
    path("exports/<int:pk>/", views.RequestPage.as_view(), name="export-detail"),
    path("exports/<int:pk>/decide/", views.decide, name="export-decide"),
    path("exports/<int:pk>/take/", views.take, name="export-take"),
]
