from django.apps import AppConfig
from django.core.checks import Tags, register


class OperationsConfig(AppConfig):
    name = "aiops.operations"
    label = "operations"

    def ready(self) -> None:
        from aiops.operations.checks import production  # noqa: PLC0415 - settings must be ready

        register(production, Tags.security)
