from django.apps import AppConfig


class DeploymentsConfig(AppConfig):
    name = "aiops.deployments"
    label = "deployments"
