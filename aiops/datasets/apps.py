from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    name = "aiops.datasets"
    label = "datasets"
