from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    name = "aiops.knowledge"
    label = "knowledge"
