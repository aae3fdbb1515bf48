"""The console's WSGI entry."""

from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from aiops.env import use_settings

use_settings()
application = get_wsgi_application()
import_module(settings.ROOT_URLCONF)  # once, before gunicorn forks; errors show at the start
