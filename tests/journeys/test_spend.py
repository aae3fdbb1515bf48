"""Finance finds who spent most, gives them more room with a second person's word, takes the file along."""

import csv
import re
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("journeys")  # one console for all
REASON = "Their campaign runs until the end of the month."
THIS_MONTH = re.compile("this month")


def money(text):
    """The first amount in a text."""
    return Decimal(re.search(r"\$([\d,]+(?:\.\d+)?)", text)[1].replace(",", ""))


def one_person_may_add(page, amount):
    """The administrator's rule; what it was before."""
    page.goto("/accounts/workspace/")
    before = page.get_by_label("Amount, USD").input_value()
    page.get_by_label("Amount, USD").fill(amount)
    page.get_by_role("button", name="Save").click()
    return before


def spent_most(page):
    """The first tenant of the table: its row, its name and what it spent."""
    page.goto("/spend/")
    bodies = page.get_by_role("region", name="Tenants and features").locator("tbody")
    spent = [money(body.locator("tr").first.locator("td").first.inner_text()) for body in bodies.all()]
    row = bodies.first.locator("tr").first
    assert spent[0] == max(spent)
    return row, row.get_by_role("rowheader").get_by_role("link").first.inner_text(), spent[0]


def asks_for_more(page, tenant):
    """On the budget's page: ten dollars more; the new limit."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(tenant)
    more = money(page.locator(".tile", has_text="Limit").inner_text()) + 10
    page.get_by_label("Amount, USD").fill(str(more))
    page.get_by_label("Reason").fill(REASON)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("It waits for a second person. Nothing has changed yet.")).to_be_visible()
    expect(page.get_by_text("Somebody else has to approve it.")).to_be_visible()
    return more


def approves(page):
    page.goto("/spend/budgets/")
    expect(page.get_by_text(REASON)).to_be_visible()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("is approved.")).to_be_visible()


def exported(page):
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV", exact=True).first.click()
    return list(csv.DictReader(Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()))


def test_finance_raises_the_budget_of_who_spent_most_with_a_second_person(sign_in):
    chief, page = sign_in("admin@demo"), sign_in("finance@demo")
    before = one_person_may_add(chief, "2")
    row, tenant, _ = spent_most(page)
    row.get_by_role("link", name=THIS_MONTH).click()
    more = asks_for_more(page, tenant)
    approves(chief)
    row, _, spent = spent_most(page)
    assert row.get_by_role("link", name=THIS_MONTH).inner_text().endswith(f"{more:,.2f} this month")
    rows = [Decimal(one["cost_usd"]) for one in exported(page) if one["tenant"] == tenant]
    assert abs(sum(rows) - spent) < Decimal("0.01")
    one_person_may_add(chief, before)
    assert (page.problems, chief.problems) == ([], [])
