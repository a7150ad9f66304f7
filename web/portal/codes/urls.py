from django.urls import path

from . import archives, edit, views

urlpatterns = [
    path("codes/", views.CodeList.as_view(), name="code-list"),
    path("codes/issue/", edit.IssueMissing.as_view(), name="code-issue"),
    path("codes/<int:pk>/", views.CodePage.as_view(), name="code-detail"),
    path("codes/<int:pk>/poster/", views.poster, name="code-poster"),
    path("codes/<int:pk>/download/", views.download, name="code-download"),
    path("codes/<int:pk>/rotate/", edit.Rotate.as_view(), name="code-rotate"),
    path("codes/<int:pk>/revoke/", edit.Revoke.as_view(), name="code-revoke"),
    path("codes/archives/", archives.ArchiveList.as_view(), name="code-archives"),
    path("codes/archives/new/", archives.ArchiveNew.as_view(), name="code-archive-new"),
    path("codes/archives/<int:pk>/", archives.ArchivePage.as_view(), name="code-archive"),
    path("codes/archives/<int:pk>/file/", archives.fetch, name="code-archive-file"),
    path("stores/<int:pk>/codes/new/", edit.CodeNew.as_view(), name="code-new"),
]
