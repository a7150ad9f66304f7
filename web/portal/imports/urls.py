from django.urls import path

from . import views

urlpatterns = [
    path("imports/", views.ImportList.as_view(), name="import-list"),
    path("imports/new/", views.ImportNew.as_view(), name="import-new"),
    path("imports/template/<slug:kind>/", views.template_file, name="import-template"),
    path("imports/<int:pk>/", views.ImportPage.as_view(), name="import-detail"),
    path("imports/<int:pk>/columns/", views.choose_columns, name="import-columns"),
    path("imports/<int:pk>/look/", views.look_again, name="import-look"),
    path("imports/<int:pk>/confirm/", views.confirm, name="import-confirm"),
    path("imports/<int:pk>/cancel/", views.cancel, name="import-cancel"),
    path("imports/<int:pk>/errors/", views.errors, name="import-errors"),
]
