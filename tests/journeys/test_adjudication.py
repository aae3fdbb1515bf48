"""Two people grade the same output and differ; a third one decides, and knows nothing of what they said."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.xdist_group("journeys")  # one console for all

OUTPUT = "You may send the lamp back within 60 days of delivery."
SETUP = f"""
from aiops.core import clock
from aiops.features.models import Feature
from aiops.gateway.call_ids import new_id
from aiops.reviews import seating
from aiops.reviews.models import ReviewItem
from aiops.reviews.weeks import monday
item = ReviewItem.objects.create(
    feature=Feature.objects.get(slug="support-summary"), source="call", source_id=new_id(),
    source_at=clock.now(), locale="en", language="en", stratum="random", probability=1, is_random=True,
    week=monday(clock.now()), seats=2, inputs={{"ticket": "How long may I keep it?"}},
    output={OUTPUT!r}, passages=[],
)
seating.open_seats([item])
print(item.pk)
"""


@pytest.fixture
def item(console):
    """An output with two seats, in English."""
    return int(console.manage("shell", "-v", "0", "-c", SETUP).stdout.split()[-1])


def say(page, item, key, comment):
    """Grade the item by keyboard, with a comment."""
    expect(page.get_by_text(OUTPUT).first).to_be_visible()
    page.keyboard.press(key)
    page.keyboard.press("e")
    page.keyboard.type(comment)
    with page.expect_response(lambda answer: answer.request.method == "POST" and "/grade/" in answer.url):
        page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name=f"Grade item {item}", exact=True)).to_have_count(0)


def test_a_third_person_decides_blind_what_two_see_differently(console, sign_in, item):
    one, other, third = (sign_in(f"{name}@demo") for name in ("reviewer", "reviewer2", "product"))
    for page, key, comment in ((one, "1", "All of it is there."), (other, "0", "The box is not asked for.")):
        page.goto(f"/review/?item={item}")
        say(page, item, key, comment)
    assert console.row("SELECT state FROM reviews_reviewitem WHERE id = %s", item) == ("adjudicate",)

    one.goto("/review/adjudication/?feature=support-summary")
    own = one.get_by_role("row", name=f"Item {item} ")
    expect(own).to_contain_text("you graded it")

    third.goto("/review/adjudication/?feature=support-summary")
    waiting = third.get_by_role("row", name=f"Item {item} ")
    expect(waiting).not_to_contain_text("The box is not asked for.")
    waiting.get_by_role("link", name="Decide").click()
    expect(third.get_by_role("main")).not_to_contain_text("All of it is there.")
    say(third, item, "0", "It must say that the box is not needed.")
    assert console.row("SELECT state FROM reviews_reviewitem WHERE id = %s", item) == ("done",)

    one.goto("/review/reviewers/")
    missed = one.locator("#otherwise").get_by_role("row", name=f"Item {item} ")
    expect(missed).to_contain_text("It must say that the box is not needed.")
    missed.get_by_role("link", name=f"Item {item}").click()
    expect(one.get_by_role("main")).to_contain_text("A third person decided")
    assert [page.problems for page in (one, other, third)] == [[], [], []]
