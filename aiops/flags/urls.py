"""Addresses of flags, stops and change requests."""

from django.urls import path

from aiops.flags.views import flags, requests, stops

app_name = "flags"
urlpatterns = [
    path("", flags.flag_list, name="list"),
    path("features/<slug:slug>/", flags.edit_flag, name="edit"),
    path("features/<slug:slug>/revert/", flags.revert, name="revert"),
    path("schedules/<int:pk>/answer/", flags.answer_schedule, name="answer-schedule"),
    path("drill/", stops.drill, name="drill"),
    path("stop/", stops.stop, name="stop"),
    path("stops/", stops.past_stops, name="stops"),
    path("stops/<int:pk>/", stops.stop_page, name="stop-page"),
    path("stops/<int:pk>/lift/", stops.lift, name="lift"),
    path("requests/<int:pk>/", requests.request_page, name="request"),
    path("requests/<int:pk>/answer/", requests.answer, name="answer"),
]
