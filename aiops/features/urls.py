"""Addresses of features."""

from django.urls import path

from aiops.features import views

app_name = "features"
urlpatterns = [
    path("", views.feature_list, name="list"),
    path("new/", views.new_feature, name="new"),
    path("<slug:slug>/", views.feature_page, name="feature"),
    path("<slug:slug>/edit/", views.edit_feature, name="edit"),
    path("<slug:slug>/history/", views.feature_history, name="history"),
]
