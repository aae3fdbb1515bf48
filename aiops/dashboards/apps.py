from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    name = "aiops.dashboards"
    label = "dashboards"
