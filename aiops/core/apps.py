from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "aiops.core"
    label = "core"
