"""Addresses of the tickets' pages."""

from django.urls import path

from aiops.reviews.views import tickets as views

app_name = "tickets"
urlpatterns = [
    path("", views.ticket_list, name="list"),
    path("next/", views.take_next, name="next"),
    path("<slug:ticket_id>/", views.ticket_page, name="ticket"),
    path("<slug:ticket_id>/take/", views.take, name="take"),
    path("<slug:ticket_id>/keep/", views.keep, name="keep"),
    path("<slug:ticket_id>/give-back/", views.give_back, name="give-back"),
    path("<slug:ticket_id>/hand-over/", views.hand_over, name="hand-over"),
    path("<slug:ticket_id>/answer/", views.answer, name="answer"),
    path("<slug:ticket_id>/case/", views.as_case, name="case"),
    path("<slug:ticket_id>/send/", views.send_again, name="send-again"),
]
