from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "aiops.operations"
    label = "operations"
