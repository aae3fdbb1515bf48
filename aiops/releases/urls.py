"""Addresses of reviews and releases."""

from django.urls import path

from aiops.releases.views import answering, requests, shipping

app_name = "releases"
urlpatterns = [
    path("", requests.request_list, name="list"),
    path("<int:pk>/", requests.request_page, name="request"),
    path("<int:pk>/comment/", answering.comment, name="comment"),
    path("<int:pk>/comments/<int:comment>/resolve/", answering.resolve, name="resolve"),
    path("<int:pk>/answer/", answering.answer, name="answer"),
    path("<int:pk>/update/", answering.update, name="update"),
    path("<int:pk>/close/", answering.close, name="close"),
    path("<int:pk>/ship/", shipping.ship, name="ship"),
    path("prompts/<slug:name>/", shipping.history, name="history"),
    path("prompts/<slug:name>/<int:number>/open/", requests.open_request, name="open"),
    path("prompts/<slug:name>/<int:number>/roll-back/", shipping.roll_back, name="roll-back"),
]
