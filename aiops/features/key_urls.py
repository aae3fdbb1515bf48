"""Addresses of the keys that applications call with."""

from django.urls import path

from aiops.features.views import keys

app_name = "keys"
urlpatterns = [
    path("", keys.key_list, name="list"),
    path("new/", keys.new_key, name="new"),
    path("<int:pk>/", keys.edit_key, name="edit"),
    path("<int:pk>/revoke/", keys.revoke_key, name="revoke"),
]
