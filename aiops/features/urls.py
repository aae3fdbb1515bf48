"""Addresses of features."""

from django.urls import URLPattern

app_name = "features"
urlpatterns: list[URLPattern] = []
