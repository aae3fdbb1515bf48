"""Addresses of the tickets' pages."""

from django.urls import path

from aiops.reviews.views import tickets as views

app_name = "tickets"
urlpatterns = [
    path("", views.ticket_list, name="list"),
    path("<slug:ticket_id>/", views.ticket_page, name="ticket"),
    path("<slug:ticket_id>/answer/", views.answer, name="answer"),
    path("<slug:ticket_id>/send/", views.send_again, name="send-again"),
]
