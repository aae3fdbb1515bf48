"""A reviewer grades 100 outputs without touching the mouse; two browsers never get the same item."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("journeys")  # one console for all

FEATURE = "journey-review"
QUEUE = f"/review/?feature={FEATURE}"
HUNDRED = 100
SETUP = """
from aiops.core import clock
from aiops.features.models import Feature
from aiops.gateway.call_ids import new_id
from aiops.reviews import making
from aiops.reviews.models import ReviewItem, Seat
from aiops.reviews.weeks import monday
left = ReviewItem.objects.filter(feature__slug={feature!r}, state="open")
Seat.objects.filter(item__in=left).exclude(state="graded").delete()
left.update(state="withdrawn", done_at=clock.now())
feature, _ = Feature.objects.get_or_create(slug={feature!r}, defaults={{"name": "Journey"}})
now = clock.now()
passage = {{"number": 1, "document": "r.md", "title": "Returns", "text": "You have 60 days.", "url": ""}}
outputs = ["You have **60 days** [1].", '{{"days": 60}}', "SELECT days FROM returns", "60 days."]
made = making.save(ReviewItem(
    feature=feature, source="call", source_id=new_id(), source_at=now, tenant="acme", locale="en",
    language="en", category="returns", approach_name="hidden v9", model="sim-hidden", stratum="by_hand",
    probability=1, week=monday(now), inputs={{"ticket": f"How long may I keep number {{n}}?"}},
    output=outputs[n % 4], passages=[passage] if n % 4 == 0 else [],
) for n in range({items}))
print(made[0].pk)
"""


@pytest.fixture
def waiting(console):
    """`waiting(100)` puts so many outputs, and no others, into the queue of a feature of its own."""

    def make(items):
        script = SETUP.format(feature=FEATURE, items=items)
        return int(console.manage("shell", "-v", "0", "-c", script).stdout.split()[-1])

    return make


def save(page, *keys):
    """Press `keys`, the last of which sends, and wait for what comes next."""
    with page.expect_response(lambda answer: answer.request.method == "POST" and "/review/" in answer.url):
        for key in keys:
            page.keyboard.press(key)


def number(page):
    """The item that is on the page, by its heading; "" where nothing waits."""
    return page.evaluate(
        "() => /^Grade item (\\d+)$/.exec(document.querySelector('#sheet h1').textContent)?.[1] ?? ''"
    )


def following(page, before):
    """The item that comes after `before`."""
    page.wait_for_function(
        "before => document.querySelector('#sheet h1').textContent !== `Grade item ${before}`", arg=before
    )
    return number(page)


def count(console, table, first):
    return console.row(f"SELECT count(*) FROM {table} WHERE item_id >= %s", first)[0]  # noqa: S608 - our own names


def serious(page):
    found = Axe().run(page).response["violations"]
    return [
        (each["id"], [node["html"][:200] for node in each["nodes"]])
        for each in found
        if each["impact"] in {"serious", "critical"}
    ]


def keyboard_alone(page):
    """Whether no button of a mouse was pressed since `page.goto`."""
    return page.evaluate("window.touched ?? false") is False


def open_queue(page):
    page.goto(QUEUE)
    page.evaluate("document.addEventListener('mousedown', () => { window.touched = true; })")
    return number(page)


def test_a_hundred_items_are_graded_by_keyboard_alone(console, sign_in, waiting):
    first = waiting(HUNDRED)
    page = sign_in("reviewer@demo")
    here = open_queue(page)
    for n in range(HUNDRED):
        keys = ["0", "w", "t"] if n % 10 == 3 else ["1"]
        save(page, *keys, "Enter")
        here = following(page, here)
    expect(page.get_by_text("Nothing to grade")).to_be_visible()
    expect(page.locator(".sheet__foot")).to_contain_text("100 of 100")
    assert keyboard_alone(page)
    tally = "SELECT count(*) FILTER (WHERE raw = 1), count(*) FROM reviews_grade WHERE item_id >= %s"
    assert console.row(tally, first) == (90, HUNDRED)
    assert page.problems == []


def test_undo_a_golden_case_the_alarm_and_a_skip_have_a_key_each(console, sign_in, waiting):
    first = waiting(2)
    page = sign_in("reviewer2@demo")
    graded = open_queue(page)
    save(page, "0", "i", "Enter")
    left = following(page, graded)
    save(page, "u")  # it comes back, with what was said
    assert following(page, left) == graded
    expect(page.locator("input[value=incomplete]")).to_be_checked()
    page.keyboard.press("a")
    page.keyboard.press("Control+a")
    page.keyboard.type("60 days from delivery.")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    save(page, "Control+Enter")
    assert following(page, graded) == left
    save(page, "x")
    expect(page.locator("#alarm")).to_contain_text("The alarm is raised")
    page.keyboard.press("s")
    save(page, "3")
    expect(page.get_by_text("Nothing to grade")).to_be_visible()
    assert keyboard_alone(page)
    case = console.row("SELECT expected FROM datasets_case WHERE key = %s", f"review-{graded}")
    assert case == ("60 days from delivery.",)
    assert [count(console, f"reviews_{name}", first) for name in ("grade", "escalation", "skip")] == [1, 1, 1]
    assert page.problems == []


def test_two_browsers_never_get_the_same_item(console, sign_in, waiting):
    first = waiting(8)
    pages = [sign_in("reviewer@demo"), sign_in("reviewer2@demo")]
    for page in pages:
        page.goto(QUEUE)
    had = [[number(page)] for page in pages]
    for _ in range(3):
        for page in pages:
            page.keyboard.press("1")
            page.keyboard.press("Enter")  # both at once: nobody waits for the other
        for page, own in zip(pages, had, strict=True):
            own.append(following(page, own[-1]))
    assert sorted({*had[0], *had[1]}) == sorted(had[0] + had[1])
    assert count(console, "reviews_grade", first) == 6
    held = "SELECT count(*) FROM reviews_seat WHERE state = 'claimed' AND item_id >= %s"
    assert console.row(held, first) == (2,)
    assert [page.problems for page in pages] == [[], []]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_grading_page_has_no_serious_accessibility_finding(sign_in, waiting, scheme):
    waiting(1)
    page = sign_in("reviewer@demo", color_scheme=scheme, bypass_csp=True)
    page.goto(QUEUE)
    assert serious(page) == []
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    assert serious(page) == []


def test_without_scripts_it_is_a_form(console, sign_in, browser, waiting):
    waiting(1)
    page = sign_in("reviewer@demo")
    state = page.context.storage_state()
    with browser.new_context(java_script_enabled=False, storage_state=state) as context:
        plain = context.new_page()
        plain.goto(f"{console.url}{QUEUE}")
        plain.locator("label", has_text="Pass").click()
        plain.get_by_role("button", name="Save and next").click()
        expect(plain.get_by_text("Nothing to grade")).to_be_visible()
