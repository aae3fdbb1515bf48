"""Addresses below a feature: its guardrails."""

from django.urls import path

from aiops.gateway.views import guardrails as views

app_name = "guardrails"
urlpatterns = [
    path("", views.guardrails_page, name="page"),
    path("try/", views.try_out, name="try"),
    path("<slug:name>/", views.guardrail_page, name="guardrail"),
    path("<slug:name>/mode/", views.set_mode, name="mode"),
]
