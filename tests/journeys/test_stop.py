"""A product manager stops a feature under live traffic, sees it off everywhere, and lets it on again."""

import json
import re
import threading
import urllib.request
from collections import Counter
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("journeys")  # one console for all

FEATURE = "ticket-triage"


def call(console, words):
    """How a call of the feature ends, and why: what its headers say."""
    key = json.loads((console.home / "demo-keys.json").read_text())["acme"]
    body = {"model": FEATURE, "messages": [{"role": "user", "content": words}]}
    request = urllib.request.Request(
        f"http://127.0.0.1:{console.gateway_port}/v1/chat/completions",
        data=json.dumps(body).encode(),
        headers={"authorization": f"Bearer {key}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - as above
        return answer.headers["x-aiops-outcome"], answer.headers.get("x-aiops-fallback-reason", "")


@contextmanager
def traffic(console):
    """Calls, one after the other, until the block ends; how each of them ended."""
    ended, seen = threading.Event(), Counter()

    def ask():
        number = 0
        while not ended.is_set():
            number += 1
            seen[call(console, f"Where is parcel {number}?")] += 1

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    yield seen
    ended.set()
    thread.join(30)


def test_a_product_manager_stops_a_feature_under_traffic_and_sees_that_it_stopped_everywhere(
    sign_in, console
):
    page = sign_in("product@demo")
    with traffic(console) as seen:
        page.goto("/flags/")
        page.get_by_role("row", name=re.compile(FEATURE)).get_by_role("link", name="Stop").click()
        page.get_by_label("Reason").fill("It sends refunds to shipping.")
        page.get_by_role("button", name=f"Stop {FEATURE}").click()
        expect(page.locator("#spread")).to_contain_text("off on 1 of 1 process after")
        assert call(console, "Is anybody there?") == ("degraded", "kill_switch")
        page.get_by_role("button", name="Lift the stop").click()
        expect(page.get_by_text(f"The stop of feature {FEATURE} is lifted.")).to_be_visible()
    assert seen["degraded", "kill_switch"] > 0
    assert {end for end in seen if end[0] == "degraded"} == {("degraded", "kill_switch")}
    assert page.problems == []
