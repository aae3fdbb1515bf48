"""Addresses of the drift pages."""

from django.urls import URLPattern

app_name = "drift"
urlpatterns: list[URLPattern] = []
