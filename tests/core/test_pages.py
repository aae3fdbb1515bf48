from dataclasses import dataclass
from typing import Any

import pytest
from django.test import RequestFactory

from aiops.core import pages


def test_asked_is_trimmed_cut_and_free_of_nul():
    request = RequestFactory().get("/", {"q": "  a\0b" + "c" * 300})
    assert pages.asked(request, "q", limit=4) == "abcc"
    assert pages.asked(request, "other") == ""


@pytest.mark.parametrize(("page", "number"), [("2", 2), ("99", 2), ("x", 1), (None, 1)])
def test_a_page_out_of_range_gives_the_nearest(page, number):
    request = RequestFactory().get("/", {"page": page} if page else {})
    assert pages.paginate(request, range(60)).number == number


@dataclass
class Htmx:
    boosted: bool = False
    history_restore_request: bool = False


@pytest.mark.parametrize(
    ("htmx", "fragment"),
    [(None, False), (Htmx(), True), (Htmx(boosted=True), False), (Htmx(history_restore_request=True), False)],
)
def test_only_a_plain_htmx_request_wants_a_fragment(htmx, fragment):
    request: Any = RequestFactory().get("/")
    request.htmx = htmx
    assert pages.wants_fragment(request) is fragment
