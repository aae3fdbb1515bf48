"""What pages of other apps may ask about reviews, without their code having to know of them."""

from django import template

from aiops.prompts.models import Version
from aiops.releases import queries
from aiops.releases.models import ReviewRequest

register = template.Library()


@register.simple_tag
def open_review(version: Version | None) -> ReviewRequest | None:
    """The review request of `version` that is open; None also where there is no version."""
    return queries.open_request_of(version) if version else None
