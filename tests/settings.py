"""The settings under test: the project's own, on a database of this test session."""

from tests import environment  # noqa: F401, I001 - first: it starts PostgreSQL and names it in the environment
from aiops.settings import *  # noqa: F403 - the settings under test, whole

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # speed; no real password is here
CELERY_BROKER_URL = "memory://"
WHITENOISE_AUTOREFRESH = True  # files are looked up when asked for: each test's client would list them all
