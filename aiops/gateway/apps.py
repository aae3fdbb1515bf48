from django.apps import AppConfig


class GatewayConfig(AppConfig):
    name = "aiops.gateway"
