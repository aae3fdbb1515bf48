"""Addresses of the calls' pages."""

from django.urls import path

from aiops.gateway.views import calls

app_name = "calls"
urlpatterns = [
    path("", calls.call_list, name="list"),
    path("calls.csv", calls.calls_csv, name="csv"),
    path("<slug:call_id>/", calls.call_page, name="call"),
]
