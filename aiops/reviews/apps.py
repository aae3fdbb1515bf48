from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "aiops.reviews"
    label = "reviews"
