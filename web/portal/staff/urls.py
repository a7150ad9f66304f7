from django.urls import path

from . import views

urlpatterns = [
    path("staff/", views.StaffList.as_view(), name="staff-list"),
    path("staff/invite/", views.StaffInvite.as_view(), name="staff-invite"),
    path("staff/invitations/", views.InviteList.as_view(), name="staff-invites"),
    path("staff/upload/", views.StaffUpload.as_view(), name="staff-upload"),
    path("staff/<int:pk>/", views.StaffDetail.as_view(), name="staff-detail"),
    path("staff/<int:pk>/edit/", views.StaffEdit.as_view(), name="staff-edit"),
    path("staff/<int:pk>/places/", views.StaffPlaces.as_view(), name="staff-places"),
    path("staff/<int:pk>/leave/", views.StaffLeave.as_view(), name="staff-leave"),
    path("staff/<int:pk>/password/", views.PasswordReset.as_view(), name="staff-password"),
    path("staff/<int:pk>/second-factor/", views.FactorReset.as_view(), name="staff-second-factor"),
]
