from django.urls import path

from . import views

urlpatterns = [
    path("programs/", views.ProgramList.as_view(), name="program-list"),
    path("programs/<int:pk>/", views.ProgramPage.as_view(), name="program-detail"),
    path("programs/<int:pk>/rates/", views.RatesEdit.as_view(), name="program-rates"),
    path("programs/<int:pk>/tiers/", views.LadderEdit.as_view(), name="program-tiers"),
    path("programs/<int:pk>/binding/", views.BindingEdit.as_view(), name="program-binding"),
]
