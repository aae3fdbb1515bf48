"""Addresses of the dashboards."""

from django.urls import path

from aiops.dashboards import views

app_name = "dashboards"
urlpatterns = [
    path("", views.home, name="home"),
    path("switch", views.switch, name="switch"),
]
