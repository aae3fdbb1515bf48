"""Addresses below a feature: a real call from the console."""

from django.urls import path

from aiops.gateway.views import trying

app_name = "trying"
urlpatterns = [
    path("", trying.try_it, name="page"),
    path("<slug:call_id>/", trying.tried, name="tried"),
]
