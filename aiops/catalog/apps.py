from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "aiops.catalog"
    label = "catalog"
