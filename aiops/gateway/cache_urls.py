"""Addresses below a feature: its cache."""

from django.urls import path

from aiops.gateway.views import cache as views

app_name = "cache"
urlpatterns = [
    path("", views.cache_page, name="page"),
    path("purge/", views.purge, name="purge"),
    path("lower/", views.lower, name="lower"),
]
