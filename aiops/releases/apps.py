from django.apps import AppConfig


class ReleasesConfig(AppConfig):
    name = "aiops.releases"
    label = "releases"
