from django.urls import path

from . import bulk, listing, merging, pairs, prospects, views

urlpatterns = [
    path("members/", listing.MemberList.as_view(), name="member-list"),
    path("member-views/", listing.save_view, name="member-view-save"),
    path("member-views/<int:pk>/delete/", listing.delete_view, name="member-view-delete"),
    path("member-views/columns/", listing.choose_columns, name="member-columns"),
    path("members-chosen/tag/", bulk.TagChosen.as_view(), name="member-bulk-tag"),
    path("members-chosen/lock/", bulk.LockChosen.as_view(), name="member-bulk-lock"),
    path("members/<str:number>/", views.MemberPage.as_view(), name="member-detail"),
    path("members/<str:number>/edit/", views.MemberEdit.as_view(), name="member-edit"),
    path("members/<str:number>/points/", views.PointsAdjust.as_view(), name="member-adjust"),
    path("members/<str:number>/merge/", merging.FindOther.as_view(), name="member-merge"),
    path("members/<str:number>/merge/<str:other>/", merging.MergeTwo.as_view(), name="member-merge-two"),
    path("members/<str:number>/merges/<int:merge>/undo/", merging.TakeBack.as_view(), name="member-unmerge"),
    path("prospects/", prospects.ProspectList.as_view(), name="prospect-list"),
    path("prospects/<str:number>/", prospects.ProspectPage.as_view(), name="prospect-detail"),
    path("pairs/", pairs.PairList.as_view(), name="pair-list"),
    path("pairs/<int:pk>/", pairs.PairPage.as_view(), name="pair-detail"),
    path("members/<str:number>/reveal/", views.reveal_phone, name="member-reveal"),
    path("members/<str:number>/tags/", views.add_tag, name="member-tag"),
    path("members/<str:number>/tags/<int:tag>/remove/", views.remove_tag, name="member-untag"),
]
