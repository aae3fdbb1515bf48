from django.apps import AppConfig


class PromptsConfig(AppConfig):
    name = "aiops.prompts"
    label = "prompts"
