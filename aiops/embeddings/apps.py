from django.apps import AppConfig


class EmbeddingsConfig(AppConfig):
    name = "aiops.embeddings"
    label = "embeddings"
