from importlib import import_module

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "aiops.core"
    label = "core"

    def ready(self) -> None:
        """Each Django process has the Celery app: `shared_task` and `enqueue` bind to it, no default one."""
        import_module("aiops.celery")
