"""An engineer sends a call from the feature's page and sees what each stage did."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("journeys")  # one console for all


def test_an_engineer_tries_a_feature_and_sees_each_stage(sign_in):
    page = sign_in("engineer@demo")
    page.goto("/features/ticket-triage/")
    expect(page.get_by_text("What a call goes through")).to_be_visible()
    page.get_by_role("link", name="Try it").first.click()
    page.locator("textarea").first.fill("Where is my parcel? I ordered it two weeks ago.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#answer").get_by_text("Answered")).to_be_visible()
    stages = page.locator("#record table")
    expect(stages.get_by_text("Kill switch")).to_be_visible()
    expect(stages.get_by_text("Model, attempt 1")).to_be_visible()
    expect(page.get_by_text("charged to internal")).to_be_visible()
    page.get_by_role("link", name="The whole call").click()
    expect(page.get_by_text("ticket-triage for internal")).to_be_visible()
    assert page.problems == []
