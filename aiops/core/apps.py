from importlib import import_module

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "aiops.core"
    label = "core"

    def ready(self) -> None:
        """Every Django process has the Celery app: `shared_task` and `enqueue` bind to it, to no default one."""
        import_module("aiops.celery")
