"""What pages of features may ask about their traffic, without their code having to know of it."""

from django import template

from aiops.accounts.models import User
from aiops.dashboards import pipeline as pipelines
from aiops.features.models import Feature

register = template.Library()


@register.simple_tag
def pipeline(feature: Feature, user: User) -> pipelines.Pipeline:
    """The stages of `feature` with their figures of the last 24 hours."""
    return pipelines.pipeline(feature, user)
