from django.urls import path

from . import edit, views

urlpatterns = [
    path("coupons/", views.TemplateList.as_view(), name="coupon-list"),
    path("coupons/new/", edit.TemplateNew.as_view(), name="coupon-new"),
    path("coupons/<int:pk>/", views.TemplatePage.as_view(), name="coupon-detail"),
    path("coupons/<int:pk>/edit/", edit.TemplateEdit.as_view(), name="coupon-edit"),
    path("coupons/<int:pk>/issued/", views.CouponList.as_view(), name="coupon-issued"),
    path("coupons/issued/<int:pk>/void/", edit.CouponVoid.as_view(), name="coupon-void"),
]
