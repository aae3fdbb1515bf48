"""Addresses of alerts."""

from django.urls import path

from aiops.dashboards import alert_views

app_name = "alerts"
urlpatterns = [
    path("", alert_views.alert_list, name="list"),
    path("<int:pk>/", alert_views.alert_page, name="alert"),
    path("<int:pk>/acknowledge/", alert_views.acknowledge, name="acknowledge"),
    path("<int:pk>/mute/", alert_views.mute, name="mute"),
    path("<int:pk>/open/", alert_views.open_again, name="open"),
    path("<int:pk>/close/", alert_views.close, name="close"),
]
