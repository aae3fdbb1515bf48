from django.apps import AppConfig


class FlagsConfig(AppConfig):
    name = "aiops.flags"
    label = "flags"
