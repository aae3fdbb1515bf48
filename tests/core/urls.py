"""The console's addresses and the gallery of components."""

from django.urls import path

from aiops.urls import handler400, handler403, handler404, handler500
from aiops.urls import urlpatterns as console
from tests.core.gallery import gallery

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
urlpatterns = [path("_gallery", gallery), *console]
