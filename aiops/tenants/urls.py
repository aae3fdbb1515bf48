"""Addresses of tenants."""

from django.urls import path

from aiops.tenants import views

app_name = "tenants"
urlpatterns = [
    path("", views.tenants, name="list"),
    path("tenants.csv", views.export, name="csv"),
    path("new/", views.new, name="new"),
    path("<slug:slug>/edit/", views.edit, name="edit"),
]
