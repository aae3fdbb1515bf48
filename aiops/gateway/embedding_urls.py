"""Addresses of the administrator's page of embedders."""

from django.urls import path, register_converter

from aiops.embeddings.models import Use
from aiops.gateway.views import embeddings as views


class UseConverter:
    """What vectors are for."""

    regex = "|".join(Use.values)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(UseConverter, "use")
app_name = "embeddings"
urlpatterns = [
    path("", views.page, name="page"),
    path("<use:use>/", views.change, name="change"),
    path("changes/<int:pk>/progress/", views.progress, name="progress"),
    path("changes/<int:pk>/cancel/", views.cancel, name="cancel"),
]
