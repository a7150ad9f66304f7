from django.urls import path

from . import views

urlpatterns = [
    path("senders/", views.SenderList.as_view(), name="sender-list"),
    path("senders/new/", views.SenderKinds.as_view(), name="sender-kinds"),
    path("senders/new/<slug:kind>/", views.SenderNew.as_view(), name="sender-new"),
    path("senders/<int:pk>/", views.SenderPage.as_view(), name="sender-detail"),
    path("senders/<int:pk>/edit/", views.SenderEdit.as_view(), name="sender-edit"),
    path("senders/<int:pk>/try/", views.SenderTry.as_view(), name="sender-try"),
]
