"""aiops: everything around the model."""

from aiops.celery import app as celery_app

__all__ = ["celery_app"]
