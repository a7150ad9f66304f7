from django.urls import path
from django.views.generic import RedirectView

from . import views

urlpatterns = [
    path("account/", views.Account.as_view(), name="account"),
    path("account/security/", RedirectView.as_view(pattern_name="account"), name="mfa_index"),
    path("account/sessions/others/end/", views.end_other_sessions, name="account-sessions-end"),
    path("account/sessions/<int:pk>/end/", views.end_session, name="account-session-end"),
]
