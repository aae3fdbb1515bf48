"""An engineer turns a guardrail from observing to enforcing, after reading what it would have refused."""

import json
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("journeys")  # one console for all

FEATURE = "ticket-triage"


def call(console, words):
    """The answer to a call of the feature."""
    key = json.loads((console.home / "demo-keys.json").read_text())["acme"]
    request = urllib.request.Request(
        f"http://127.0.0.1:{console.gateway_port}/v1/features/{FEATURE}/invoke",
        data=json.dumps({"inputs": {"message": words}}).encode(),
        headers={"authorization": f"Bearer {key}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own gateway
        return json.load(answer)


def until(page, act, seen):
    """Do `act` until `seen` of its answer; the gateway takes a new policy within two seconds."""
    for number in range(60):
        if seen(answer := act(number)):
            return answer
        page.wait_for_timeout(250)
    raise AssertionError(f"it stays at {answer}")


def test_an_engineer_enforces_a_guardrail_after_reading_its_failures(sign_in, console):
    page = sign_in("engineer@demo")
    page.goto(f"/features/{FEATURE}/policy/")
    page.get_by_label("Length", exact=True).select_option("observe")
    page.get_by_label("Counted in").select_option("characters")
    page.locator("[name='guardrails.length_rules.most']").fill("2")
    page.get_by_role("button", name="Save and put in force").click()
    observed = until(
        page, lambda n: call(console, f"Where is parcel {n}?"), lambda answer: answer["guardrails"]
    )
    assert (observed["outcome"], observed["guardrails"][-1]["passed"]) == ("answered", False)

    where = f"/features/{FEATURE}/guardrails/length/"
    until(
        page,
        lambda _: page.goto(where) and page.locator("main").inner_text(),
        lambda said: "Would have" in said,
    )
    expect(page.get_by_role("main")).to_contain_text("characters, more than 2")
    page.get_by_label("Why").fill("Read them all.")
    page.get_by_role("button", name="Enforce it").click()
    expect(page.get_by_role("main")).to_contain_text("Enforced")
    refused = until(
        page, lambda n: call(console, f"Where is letter {n}?"), lambda answer: answer["outcome"] == "degraded"
    )
    assert refused["fallback"] == {"reason": "guardrail", "served_by": "text"}
    page.get_by_role("button", name="Turn off").click()
    expect(page.get_by_role("main")).to_contain_text("Off: nobody knows")
    assert page.problems == []
