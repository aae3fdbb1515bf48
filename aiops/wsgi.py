"""The console's WSGI entry."""

from django.core.wsgi import get_wsgi_application

from aiops.env import use_settings

use_settings()
application = get_wsgi_application()
