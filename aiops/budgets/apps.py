from django.apps import AppConfig


class BudgetsConfig(AppConfig):
    name = "aiops.budgets"
    label = "budgets"
