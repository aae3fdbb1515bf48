from django.apps import AppConfig


class FeaturesConfig(AppConfig):
    name = "aiops.features"
    label = "features"
