"""An engineer trains a router from a small and a large model's runs, and reads what each category loses."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("journeys")  # one console for all

FEATURE = "ticket-triage"


def choose(page, label, words):
    """The option of the field whose text holds all of `words`."""
    field = page.get_by_label(label)
    options = field.locator("option").all()
    chosen = next(one for one in options if all(word in (one.text_content() or "") for word in words))
    field.select_option(chosen.get_attribute("value"))


def test_an_engineer_trains_a_router_and_reads_its_loss_by_category(sign_in):
    page = sign_in("engineer@demo")
    page.goto(f"/features/{FEATURE}/router/")
    losses = page.locator("section", has=page.get_by_role("heading", name="Loss by category"))
    expect(losses.locator("tbody tr").filter(has_text="shipping")).to_contain_text("small model from score")
    expect(page.get_by_text("word for word, of")).to_be_visible()  # both models were asked for a share
    choose(page, "Run of the small model", ("v2", "sim-small"))
    choose(page, "Run of the large model", ("v2", "sim-large"))
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("link", name="v2", exact=True).click(
        timeout=180_000
    )  # the page comes anew once it is over
    expect(page.get_by_role("heading", level=1)).to_have_text("Router v2")
    expect(losses.locator("tbody tr").first).to_contain_text(re.compile(r"large\.|small model"))
    locales = page.locator("section", has=page.get_by_role("heading", name="Loss by locale"))
    expect(locales.locator("tbody tr").first).to_contain_text(re.compile(r"\d"))
    assert page.problems == []
