from django.apps import AppConfig


class EvaluationsConfig(AppConfig):
    name = "aiops.evaluations"
    label = "evaluations"
