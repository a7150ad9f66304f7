from django.urls import path

from . import edit, views

urlpatterns = [
    path("stores/", views.StoreList.as_view(), name="store-list"),
    path("stores/new/", edit.StoreNew.as_view(), name="store-new"),
    path("stores/import/", edit.StoreUpload.as_view(), name="store-import"),
    path("stores/board/", views.OpeningBoard.as_view(), name="store-board"),
    path("stores/<int:pk>/", views.StorePage.as_view(), name="store-detail"),
    path("stores/<int:pk>/edit/", edit.StoreEdit.as_view(), name="store-edit"),
    path("stores/<int:pk>/close/", edit.StoreClose.as_view(), name="store-close"),
    path("stores/<int:pk>/reopen/", edit.reopen, name="store-reopen"),
]
