"""Addresses below a feature: its prompts, its evaluations, its calls."""

from django.urls import path

from aiops.dashboards import feature_views as views

app_name = "feature"
urlpatterns = [
    path("prompts/", views.feature_prompts, name="prompts"),
    path("evaluations/", views.feature_evaluations, name="evaluations"),
    path("calls/", views.feature_calls, name="calls"),
]
