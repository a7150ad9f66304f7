from django.urls import path

from . import views

urlpatterns = [
    path("orders/", views.OrderList.as_view(), name="order-list"),
    path("orders/<int:pk>/", views.OrderPage.as_view(), name="order-detail"),
]
