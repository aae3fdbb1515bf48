"""Two reviewers at the same tickets: nobody answers what the other one has, and one is handed over."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("journeys")  # one console for all

TICKET = re.compile(r"/tickets/tkt_\w+/$")


def take_next(page):
    page.goto("/tickets/")
    page.get_by_role("button", name="Take the next").click()
    page.wait_for_url(TICKET)
    return page.url


def test_two_reviewers_share_the_tickets(sign_in):
    one, other = sign_in("reviewer@demo"), sign_in("reviewer2@demo")
    first, second = take_next(one), take_next(other)
    assert first != second
    assert take_next(one) == first  # what one has comes before anything else

    other.goto(first)
    expect(other.get_by_role("status").filter(has_text="has this ticket")).to_be_visible()
    expect(other.get_by_label("Answer")).to_have_count(0)

    one.get_by_text("Hand it over").first.click()
    one.get_by_label("To", exact=True).select_option(label="Second reviewer (demo)")
    one.get_by_label("Note").fill("You know this one.")
    one.get_by_role("button", name="Hand it over").click()
    expect(one.get_by_text("Second reviewer (demo) has this ticket")).to_be_visible()

    other.goto(first)
    expect(other.get_by_text("You know this one.")).to_be_visible()
    other.get_by_label("Answer").fill("We are sorry. The label is attached.")
    other.get_by_text("Also a golden case in the draft of").click()
    other.get_by_role("button", name=re.compile("^(Approve|Answer)")).click()
    other.wait_for_url(TICKET)
    assert other.url != first  # the next one, at once

    one.goto(first)
    expect(one.get_by_role("main")).to_contain_text("We are sorry. The label is attached.")
    expect(one.get_by_role("main")).to_contain_text("It is the case ticket-")
    assert one.problems == other.problems == []
