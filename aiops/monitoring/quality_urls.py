"""Addresses of the quality pages."""

from django.urls import path

from aiops.monitoring.views import quality as views

app_name = "quality"
urlpatterns = [
    path("", views.quality_list, name="list"),
    path("<slug:slug>/", views.quality_page, name="page"),
    path("<slug:slug>/figures.csv", views.quality_csv, name="csv"),
    path("<slug:slug>/cases/", views.add_cases, name="add-cases"),
]
