"""Addresses below a feature: what serves it."""

from django.urls import path

from aiops.deployments import views

app_name = "deployments"
urlpatterns = [
    path("", views.deployment, name="deployment"),
    path("deploy/", views.deploy, name="deploy"),
    path("share/", views.share, name="share"),
    path("stop/", views.stop_candidate, name="stop"),
    path("requests/<int:pk>/answer/", views.answer, name="answer"),
]
