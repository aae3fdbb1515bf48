"""The Celery application: background work of every app, found by task name."""

from celery import Celery

from aiops.env import use_settings

use_settings()
app = Celery("aiops")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
