from django.urls import path

from . import live, snapshots, tags, views

urlpatterns = [
    path("segments/", views.SegmentList.as_view(), name="segment-list"),
    path("segments/new/", views.SegmentNew.as_view(), name="segment-new"),
    path("segments/draw/", live.draw, name="segment-draw"),
    path("segments/count/", live.count, name="segment-count"),
    path("segments/choices/", live.choices, name="segment-choices"),
    path("segments/<int:pk>/", views.SegmentPage.as_view(), name="segment-detail"),
    path("segments/<int:pk>/size/", live.size, name="segment-size"),
    path("segments/<int:pk>/edit/", views.SegmentEdit.as_view(), name="segment-edit"),
    path("segments/<int:pk>/copy/", views.SegmentCopy.as_view(), name="segment-copy"),
    path("segments/<int:pk>/archive/", views.SegmentArchive.as_view(), name="segment-archive"),
    path("segments/<int:pk>/lock/", snapshots.SegmentLock.as_view(), name="segment-lock"),
    path("segments/<int:pk>/tag/", tags.SegmentTag.as_view(), name="segment-tag"),
    path("audiences/", snapshots.SnapshotList.as_view(), name="snapshot-list"),
    path("audiences/<int:pk>/", snapshots.SnapshotPage.as_view(), name="snapshot-detail"),
    path("audiences/<int:pk>/drift/", snapshots.drift, name="snapshot-drift"),
    path("tags/", tags.TagList.as_view(), name="tag-list"),
    path("tags/new/", tags.TagNew.as_view(), name="tag-new"),
    path("tags/<int:pk>/edit/", tags.TagEdit.as_view(), name="tag-edit"),
    path("tags/<int:pk>/retire/", tags.TagRetire.as_view(), name="tag-retire"),
]
