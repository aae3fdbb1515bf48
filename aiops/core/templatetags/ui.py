"""Template tags and filters of the console's components."""

from django import template

register = template.Library()
