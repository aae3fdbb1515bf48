from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "aiops.accounts"
    label = "accounts"
