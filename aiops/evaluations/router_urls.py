"""Addresses below a feature: its router, and its category classifier."""

from django.urls import path

from aiops.evaluations.views import routers as views

app_name = "router"
urlpatterns = [
    path("", views.router_page, name="page"),
    path("train/", views.train_router, name="train"),
    path("categories/train/", views.train_categories, name="train-categories"),
    path("versions/<int:number>/", views.version_page, name="version"),
    path("versions/<int:number>/on/", views.turn_on, name="on"),
    path("off/", views.turn_off, name="off"),
    path("categories/<int:number>/on/", views.categories_on, name="categories-on"),
    path("categories/off/", views.categories_off, name="categories-off"),
    path("trainings/<int:pk>/", views.training_job, name="training"),
    path("trainings/<int:pk>/cancel/", views.cancel, name="cancel"),
]
