from django.apps import AppConfig


class ApproachesConfig(AppConfig):
    name = "aiops.approaches"
    label = "approaches"
