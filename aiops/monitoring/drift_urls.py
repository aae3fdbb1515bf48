"""Addresses of the drift pages."""

from django.urls import path

from aiops.monitoring.views import drift as views

app_name = "drift"
urlpatterns = [
    path("", views.drift_list, name="list"),
    path("<slug:slug>/", views.feature_drift, name="feature"),
    path("<slug:slug>/settings/", views.settings, name="settings"),
    path("<slug:slug>/readings/<int:pk>/send/", views.send, name="send"),
]
