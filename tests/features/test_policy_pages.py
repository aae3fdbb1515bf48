import re

import pytest

from aiops.core.errors import Conflict, InvalidInput
from aiops.features import actions
from aiops.features.models import PolicyVersion
from aiops.features.policy import Policy
from aiops.features.policy_fields import SETTINGS, differences, initial, nested
from aiops.features.policy_forms import PolicyForm
from aiops.features.wording import preview, span
from tests import factories

pytestmark = pytest.mark.django_db
RICH = {
    "router": {
        "kind": "rules",
        "rules": [{"model": "sim-small", "categories": ["thanks"], "at_most_characters": 500}],
        "candidates": ["sim-small"],
    },
    "fallbacks": [
        {"kind": "cached"},
        {"kind": "text", "text": "Back soon.", "by_locale": {"ja": "すぐ戻ります"}},
        {"kind": "person", "within_seconds": 7200},
    ],
    "guardrails": {"dates": "enforce", "date_rules": {"fields": ["due"], "latest_days": 30}},
    "approval": {"hold": "categories", "categories": ["legal"]},
    "dearest_call": "0.5",
}


@pytest.fixture
def engineer(as_role):
    return as_role("engineer")


@pytest.fixture
def feature():
    return factories.make_feature()


def typed(policy=None, number=0, **changes):
    """What a browser sends of an unchanged page, and `changes` of it (path with __ for dots)."""
    form = PolicyForm(policy=policy or Policy(), number=number)
    shown = {field.html_name: field.value() for field in form}
    sent = {name: value for name, value in shown.items() if value is not False and value not in (None, "")}
    changed = {path.replace("__", "."): value for path, value in changes.items()}
    return {name: value for name, value in {**sent, **changed}.items() if value is not False}


def save(client, feature, **changes):
    return client.post(f"/features/{feature.slug}/policy/save/", typed(**changes))


def errors(answer):
    assert answer.status_code == 422
    said = re.findall(r'class="field__error".*?</(?:p|span|div)>', answer.content.decode(), re.DOTALL)
    return [re.sub(r"<[^>]*>", "", one.partition(">")[2]).strip() for one in said]


def test_an_unchanged_page_reads_as_the_same_policy():
    factories.make_price(model=factories.make_model(name="sim-small"))
    policy = Policy.model_validate(RICH)
    form = PolicyForm(typed(policy), policy=policy, number=0)
    assert form.is_valid(), form.errors
    assert form.policy == policy


def test_every_setting_of_a_policy_has_a_field():
    def paths(stored, above=""):
        for name, value in stored.items():
            if isinstance(value, dict):
                yield from paths(value, f"{above}{name}.")
            else:
                yield f"{above}{name}"

    assert set(paths(Policy().model_dump())) == {*SETTINGS, "fallbacks"}
    assert Policy.model_validate(nested(initial(Policy()))) == Policy()


def test_a_saved_policy_is_the_next_version(engineer, feature):
    answer = save(engineer, feature, deadline_seconds="8", note="Drafts take longer", cache__on=False)
    assert answer.status_code == 302
    version = PolicyVersion.objects.get()
    assert (version.number, version.note, version.by) == (1, "Drafts take longer", engineer.user)
    assert (version.settings["deadline_seconds"], version.settings["cache"]["on"]) == (8.0, False)


def test_saving_the_same_makes_no_version(engineer, feature):
    assert save(engineer, feature).status_code == 302
    assert PolicyVersion.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"deadline_seconds": "900"}, "At most 600."),
        ({"max_tokens": "many"}, "A whole number is needed."),
        ({"dearest_call": "0"}, "More than 0."),
        ({"dearest_call": "much"}, "A number is needed."),
        ({"attempts": "0"}, "At least 1."),
        ({"router__candidates": "Nö"}, "Lower-case letters, digits, &#x27;-&#x27; and &#x27;_&#x27; only."),
        ({"router__candidates": "none-such"}, "There is no model none-such."),
        ({"router__over_soft_budget": "none-such"}, "There is no model none-such."),
        ({"router__rules": "sim-small: colour=red"}, "“colour” is not known here."),
        ({"router__rules": "sim-small:"}, "A rule states a category, a locale or a length."),
        ({"fallback__1__kind": "text"}, "Say something here."),
        ({"fallback__0__kind": "search", "fallback__0__value": "99"}, "At most 20."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(engineer, feature, changes, words):
    assert errors(save(engineer, feature, **changes)) == [words]
    assert PolicyVersion.objects.count() == 0


def test_a_preview_says_what_it_would_mean_and_saves_nothing(engineer, feature):
    answer = save(
        engineer,
        feature,
        do="preview",
        fallback__0__kind="text",
        fallback__0__value="Back soon.",
    )
    said = answer.content.decode()
    assert (answer.status_code, "The text “Back soon.”." in said, "Not saved" in said) == (200, True, True)
    assert PolicyVersion.objects.count() == 0


def test_a_policy_that_changed_meanwhile_is_a_conflict(engineer, feature):
    factories.make_policy(feature=feature)
    answer = save(engineer, feature, deadline_seconds="8")
    assert (answer.status_code, "at version 1 by now" in answer.content.decode()) == (422, True)


def test_an_earlier_version_comes_into_force_again(engineer, feature):
    first = factories.make_policy(feature=feature)
    factories.make_policy(feature=feature, settings={})
    said = engineer.get(f"/features/{feature.slug}/policy/history/").content.decode()
    assert "Seconds to the first useful answer" in said
    engineer.post(f"/features/{feature.slug}/policy/restore/", {"number": "1"})
    latest = PolicyVersion.objects.get(number=3)
    assert (latest.settings["deadline_seconds"], latest.note) == (5.0, f"Version {first.number} again")
    assert engineer.post(f"/features/{feature.slug}/policy/restore/", {"number": "x"}).status_code == 404


def test_a_version_of_another_time_is_refused_in_words(user, feature):
    old = factories.make_policy(feature=feature, settings={"no_such": 1})
    with pytest.raises(InvalidInput, match="Version 1 no longer reads: no_such"):
        actions.restore_policy(by=user, version=old)


def test_a_stored_policy_that_no_longer_reads_can_be_replaced(engineer, feature):
    factories.make_policy(feature=feature, settings={"no_such": 1})
    answer = engineer.get(f"/features/{feature.slug}/policy/")
    assert "no longer reads" in answer.content.decode()
    answer = engineer.post(f"/features/{feature.slug}/policy/save/", typed(number=1, deadline_seconds="8"))
    assert PolicyVersion.objects.get(number=2).settings["deadline_seconds"] == 8.0


def test_a_change_expects_what_was_seen(user, feature):
    with pytest.raises(Conflict):
        actions.set_policy(by=user, feature=feature, policy=Policy(attempts=1), expected=4)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_history_asks_as_many_questions_for_three_as_for_one(
    rows, engineer, feature, django_assert_max_num_queries
):
    for seconds in range(rows):
        factories.make_policy(feature=feature, settings={"deadline_seconds": 4 + seconds})
    with django_assert_max_num_queries(9):
        engineer.get(f"/features/{feature.slug}/policy/history/")


def test_a_difference_is_in_words():
    before, after = Policy().model_dump(mode="json"), Policy.model_validate(RICH).model_dump(mode="json")
    said = {label: (old, new) for label, old, new in differences(before, after)}
    assert said["Dearest call, in USD"] == ("none", "0.5")
    assert said["Router: rules"] == ("none", "sim-small: category=thanks at_most=500")
    assert said["Approval: which"] == ("none", "categories")
    assert said["Fallbacks"][1].startswith("the last good answer to the same question, up to 7 days old; ")
    assert "Cache: use the cache" not in said


def test_a_difference_to_what_no_longer_reads_is_as_it_is_stored():
    assert differences({"fallbacks": []}, {"fallbacks": [{"kind": "oracle"}]}) == [
        ("Fallbacks", "none", "{'kind': 'oracle'}")
    ]


def seen(policy):
    return {when: what for whens, what in preview(policy) for when in whens}


def test_what_callers_see_is_in_words():
    said = seen(Policy.model_validate(RICH))
    assert said["somebody stops the feature"] == (
        "the text “Back soon.” (in another language too), else a ticket; a person answers within 2 hours"
    )
    assert said["no answer is there after 3 seconds"].startswith("the last good answer to the same question")
    assert said["a good answer about legal waits for a person"].startswith("a ticket")
    refusing = Policy.model_validate({"breaker": {"when_over": "refuse"}})
    assert seen(refusing)["a limit or a budget is reached"].startswith("an error that says when")


def test_what_looks_the_same_to_callers_stands_together():
    ((whens, what),) = preview(Policy())
    assert (len(whens), what) == (6, "an error that says so, as the feature has no fallback")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (90, "90 seconds"), (7200, "2 hours"), (86_400, "1 day"), (0.5, "0.5 seconds")],
)
def test_a_span_is_in_the_largest_unit_that_fits(seconds, words):
    assert span(seconds) == words


def test_who_may_not_edit_sees_all_and_saves_nothing(as_role, feature):
    viewer = as_role("viewer")
    said = viewer.get(f"/features/{feature.slug}/policy/").content.decode()
    assert "Save and put in force" not in said
    assert viewer.post(f"/features/{feature.slug}/policy/save/", typed()).status_code == 403
