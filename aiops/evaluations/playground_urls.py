"""Addresses of the playground."""

from django.urls import path

from aiops.evaluations.views import playground, playground_saving

app_name = "playground"
urlpatterns = [
    path("", playground.page, name="page"),
    path("run/", playground.run, name="run"),
    path("stream/", playground.stream, name="stream"),
    path("check/", playground.check, name="check"),
    path("save/", playground_saving.save_version, name="save-version"),
    path("calls/", playground.calls, name="calls"),
    path("calls/<int:pk>/case/", playground_saving.save_case, name="save-case"),
]
