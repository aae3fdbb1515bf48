"""Addresses of human review. Those of tickets are in `ticket_urls`."""

from django.urls import path

from aiops.reviews.views import grading, guidelines

app_name = "reviews"
urlpatterns = [
    path("", grading.queue, name="queue"),
    path("undo/", grading.undo, name="undo"),
    path("seats/<int:pk>/grade/", grading.grade, name="grade"),
    path("seats/<int:pk>/skip/", grading.skip, name="skip"),
    path("seats/<int:pk>/escalate/", grading.escalate, name="escalate"),
    path("seats/<int:pk>/beat/", grading.beat, name="beat"),
    path("guidelines/", guidelines.guideline_list, name="guidelines"),
    path("guidelines/<slug:slug>/", guidelines.guideline_page, name="guidelines-of"),
    path("guidelines/<slug:slug>/write/", guidelines.write_guideline, name="write-guideline"),
    path("guidelines/<slug:slug>/<int:number>/", guidelines.guideline_page, name="guideline"),
]
