"""An engineer uploads a PDF, and asks it."""

import json
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.fakes.documents import pdf_of

pytestmark = pytest.mark.xdist_group("journeys")  # one console for all

FEATURE = "help-centre"
SAID = "Espresso machines of the Aurora series are descaled every ninety days."


def call(console, question):
    """The answer to a call of the feature."""
    key = json.loads((console.home / "demo-keys.json").read_text())["acme"]
    request = urllib.request.Request(
        f"http://127.0.0.1:{console.gateway_port}/v1/features/{FEATURE}/invoke",
        data=json.dumps({"inputs": {"question": question}, "locale": "en"}).encode(),
        headers={"authorization": f"Bearer {key}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own gateway
        return json.load(answer)


def upload(page):
    """Two files, one of them broken; then wait for the worker."""
    guide = {
        "name": "aurora.pdf",
        "mimeType": "application/pdf",
        "buffer": pdf_of(SAID, title="Aurora guide"),
    }
    broken = {"name": "broken.pdf", "mimeType": "application/pdf", "buffer": b"no PDF"}
    page.get_by_label("Documents").set_input_files([guide, broken])
    page.get_by_role("button", name="Load", exact=True).click()
    for _ in range(60):
        if page.get_by_role("link", name="Aurora guide").count():
            break
        page.wait_for_timeout(250)
        page.goto(f"/features/{FEATURE}/knowledge/?text=aurora")


def test_an_engineer_uploads_a_pdf_and_asks_it(sign_in, console):
    page = sign_in("engineer@demo")
    page.goto(f"/features/{FEATURE}/")
    page.get_by_role("link", name="Knowledge", exact=True).click()
    upload(page)
    main = page.get_by_role("main")
    expect(main).to_contain_text("aurora.pdf")
    page.goto(f"/features/{FEATURE}/knowledge/")
    expect(main).to_contain_text("It cannot be read as a PDF")

    page.get_by_label("Question").fill("How often is an Aurora machine descaled?")
    page.get_by_role("button", name="Search").last.click()
    expect(main).to_contain_text(SAID)
    expect(main).to_contain_text("Place by vector")

    for number in range(
        60
    ):  # the gateway hears of it in a moment; another question each time, past the cache
        answer = call(console, f"How often is an Aurora machine descaled? {number}")
        if "aurora.pdf" in [one["document"] for one in answer["citations"]]:
            break
        page.wait_for_timeout(250)
    citation = next(one for one in answer["citations"] if one["document"] == "aurora.pdf")
    assert (answer["outcome"], citation["quote"], citation["title"]) == ("answered", SAID, "Aurora guide")

    page.goto(f"/features/{FEATURE}/knowledge/?text=aurora")
    page.get_by_role("link", name="Aurora guide").click()
    expect(main).to_contain_text(SAID)
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("is found no more")).to_be_visible()
    expect(main).not_to_contain_text("aurora.pdf")
    assert page.problems == []
