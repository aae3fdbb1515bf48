"""What the cache gives to whom: tenants never each other's answers, and in other words only once proven."""

import json
import urllib.request

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("journeys")  # one console for all

FEATURE = "ticket-triage"
QUESTION = "Where can I register the guarantee of a juicer?"
GREETINGS = ("Hello", "Hi", "Hey", "Good morning", "Good day", "Dear team")
MANY = """
from aiops.core import clock
from aiops.gateway import tasks
from aiops.gateway.models import SemanticCheck
facts = {"feature": "ticket-triage", "tenant": "acme", "similarity": 0.72, "equivalent": True}
rows = (SemanticCheck(call_id=f"{n}", at=clock.now(), served=False, **facts) for n in range(1500))
SemanticCheck.objects.bulk_create(rows)
tasks.learn_cache_thresholds()
"""


def asked(console, tenant, words):
    """How the cache answered: miss, hit-exact or hit-semantic."""
    key = json.loads((console.home / "demo-keys.json").read_text())[tenant]
    request = urllib.request.Request(
        f"http://127.0.0.1:{console.gateway_port}/v1/features/{FEATURE}/invoke",
        data=json.dumps({"inputs": {"message": words}, "locale": "en", "category": "warranty"}).encode(),
        headers={"authorization": f"Bearer {key}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - our own gateway
        return answer.headers["x-aiops-cache"]


def in_other_words(thanks):
    """Ever other ones: what was asked before is found word for word."""
    words = f"{QUESTION[0].lower()}{QUESTION[1:]} {thanks}"
    return [f"{greeting}, {words}" for greeting in GREETINGS]


def until(page, console, tenant, texts, wanted):
    for text in texts:
        page.wait_for_timeout(1000)  # processes read and write what is shared each second
        if asked(console, tenant, text) == wanted:
            return
    raise AssertionError(f"it never was {wanted}")


def test_a_threshold_is_learnt_and_tenants_stay_apart(sign_in, console):
    page = sign_in("engineer@demo")
    main = page.get_by_role("main")
    page.goto(f"/features/{FEATURE}/cache/")
    expect(main).to_contain_text("of 299 checks.")
    assert [asked(console, tenant, QUESTION) for tenant in ("acme", "acme", "globex")] == [
        "miss",
        "hit-exact",
        "miss",
    ]
    until(
        page, console, "acme", in_other_words("Thanks")[:1], "miss"
    )  # held against the fresh answer, not given

    console.manage("shell", "-c", MANY)
    page.reload()
    expect(main).to_contain_text("Served from 0.70")
    thanks = ("Thank you", "Many thanks", "Thanks a lot", "Thx")  # a busy machine may look some up too late
    until(page, console, "acme", [text for one in thanks for text in in_other_words(one)], "hit-semantic")
    assert asked(console, "initech", in_other_words("Cheers")[0]) == "miss"

    page.get_by_label("Part of a question or an answer").fill("juicer")
    page.get_by_role("button", name="Preview").click()
    expect(main).to_contain_text("answers would go.")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Removed")).to_be_visible()
    until(page, console, "acme", [QUESTION] * 6, "miss")
    assert page.problems == []
