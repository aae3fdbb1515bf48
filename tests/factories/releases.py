"""Reviews of prompt versions, and what is said in them."""

from typing import Any

from aiops.releases.models import LineComment, ReviewRequest, Revision
from tests.factories.people import make_user
from tests.factories.prompts import make_version


def make_review(**values: Any) -> ReviewRequest:
    """An open request that an engineer opened for their own version."""
    opener = values.pop("opened_by", None) or make_user(roles=["engineer"])
    version = values.pop("version", None) or make_version(author=opener)
    review = ReviewRequest.objects.create(
        **{
            "prompt": version.prompt,
            "version": version,
            "title": "Friendlier",
            "opened_by": opener,
            **values,
        }
    )
    Revision.objects.create(request=review, cycle=review.cycle, version=version, by=opener)
    return review


def make_comment(**values: Any) -> LineComment:
    """What somebody said about the first line of the first message."""
    review = values.pop("request", None) or make_review()
    return LineComment.objects.create(
        **{
            "request": review,
            "cycle": review.cycle,
            "version": review.version,
            "part": 1,
            "line": 1,
            "quote": "Summarise: {{ ticket }}",
            "text": "In which language?",
            "by": make_user(roles=["engineer"]),
            **values,
        }
    )
