from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "aiops.alerts"
    label = "alerts"
