from django.urls import path

from . import calendar, chains, deliveries, editor, launch, run, templates, views

urlpatterns = [
    path("campaigns/", views.CampaignList.as_view(), name="campaign-list"),
    path("campaigns/new/", editor.CampaignNew.as_view(), name="campaign-new"),
    path("campaigns/size/", editor.size, name="campaign-size"),
    path("campaigns/calendar/", calendar.Calendar.as_view(), name="campaign-calendar"),
    path("campaigns/<int:pk>/", run.CampaignPage.as_view(), name="campaign-detail"),
    path("campaigns/<int:pk>/run/", run.progress, name="campaign-run"),
    path("campaigns/<int:pk>/audience/", editor.AudienceStep.as_view(), name="campaign-audience"),
    path("campaigns/<int:pk>/content/", editor.ContentStep.as_view(), name="campaign-content"),
    path("campaigns/<int:pk>/preview/", editor.preview, name="campaign-preview"),
    path("campaigns/<int:pk>/coupon/", editor.CouponStep.as_view(), name="campaign-coupon"),
    path("campaigns/<int:pk>/schedule/", editor.ScheduleStep.as_view(), name="campaign-schedule"),
    path("campaigns/<int:pk>/review/", launch.Review.as_view(), name="campaign-review"),
    path("campaigns/<int:pk>/test/", launch.test_send, name="campaign-test"),
    path("campaigns/<int:pk>/launch/", launch.launch, name="campaign-launch"),
    path("campaigns/<int:pk>/take-back/", launch.take_back, name="campaign-takeback"),
    path("campaigns/<int:pk>/move/", calendar.Move.as_view(), name="campaign-move"),
    path("campaigns/<int:pk>/copy/", views.copy, name="campaign-copy"),
    path("campaigns/<int:pk>/pause/", run.Pause.as_view(), name="campaign-pause"),
    path("campaigns/<int:pk>/resume/", run.Resume.as_view(), name="campaign-resume"),
    path("campaigns/<int:pk>/cancel/", run.Cancel.as_view(), name="campaign-cancel"),
    path("campaigns/<int:pk>/messages/", deliveries.DeliveryList.as_view(), name="campaign-messages"),
    path("campaigns/<int:pk>/messages/<int:message>/", chains.ChainPage.as_view(), name="campaign-chain"),
    path("campaigns/<int:pk>/chain/", chains.sums, name="campaign-sums"),
    path("templates/", templates.TemplateList.as_view(), name="template-list"),
    path("templates/new/", templates.TemplateNew.as_view(), name="template-new"),
    path("templates/<int:pk>/edit/", templates.TemplateEdit.as_view(), name="template-edit"),
    path("templates/<int:pk>/use/", templates.use, name="template-use"),
    path("templates/<int:pk>/retire/", templates.TemplateRetire.as_view(), name="template-retire"),
]
