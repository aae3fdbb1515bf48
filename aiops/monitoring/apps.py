from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "aiops.monitoring"
    label = "monitoring"
