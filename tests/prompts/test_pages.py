"""Pages of prompts, as their users meet them."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import make_feature, make_label, make_prompt, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def engineer(as_role) -> Client:
    return as_role("engineer")


@pytest.fixture
def version(db):
    return make_version(prompt=make_prompt(name="triage", feature=make_feature(slug="support")))


PAGES = [
    reverse("prompts:list"),
    reverse("prompts:new"),
    *(
        f"/prompts/triage/{rest}"
        for rest in ("", "edit/", "preview/", "compare/", "versions/1/", "versions/1/file/", "versions/1/label/")
    ),
    "/features/", "/features/new/", "/features/support/", "/features/support/edit/", "/features/support/history/",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_page_opens(engineer, version, path):
    assert engineer.get(path).status_code == 200
