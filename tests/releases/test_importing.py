"""A file that asks for production opens a review, or leads the open one on."""

import pytest

from aiops.core.actors import SystemActor
from aiops.releases import importing
from aiops.releases.models import ReviewRequest
from tests.factories import make_label, make_prompt, make_version

SHELL = SystemActor("shell")


@pytest.mark.django_db
def test_the_next_import_brings_its_version_into_the_open_review():
    prompt = make_prompt(name="triage")
    make_label(version=make_version(prompt=prompt))
    second, third = make_version(prompt=prompt), make_version(prompt=prompt)
    (said,) = importing.open_reviews([second], by=SHELL)
    review = ReviewRequest.objects.get()
    assert said.startswith("triage: production stays at v1; v2 waits for its review: http")
    assert said.endswith(f"/releases/{review.pk}/")
    importing.open_reviews([second], by=SHELL)
    importing.open_reviews([third], by=SHELL)
    review.refresh_from_db()
    assert (review.version, review.cycle, ReviewRequest.objects.count()) == (third, 2, 1)
