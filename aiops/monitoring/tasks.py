"""Celery doors of the app."""
