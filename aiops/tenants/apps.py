from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "aiops.tenants"
    label = "tenants"
