"""Rule sets: what may be asked for, and their pages."""

import pytest
from django.db import DatabaseError, transaction

from aiops.accounts.models import User
from aiops.approaches import actions
from aiops.approaches.models import RuleSet, RuleSetVersion
from aiops.audit.models import AuditEvent
from aiops.core.errors import Conflict, InvalidInput
from tests.factories import make_feature, make_rule_set, make_rules

pytestmark = pytest.mark.django_db
RULES = "rules:\r\n- {if: {input: ticket, any: [late]}, then: '<b>{{ ticket }}</b>'}\r\notherwise: other\r\n"
HTMX = {"HTTP_HX_REQUEST": "true"}
EDIT = "/approaches/rules/triage/edit/"


@pytest.fixture
def engineer(as_role):
    return as_role("engineer")


def page(client, path, **options) -> str:
    response = client.get(path, **options)
    assert response.status_code == 200, path
    return response.content.decode()


def test_versions_are_numbered_and_the_same_rules_make_none(user: User):
    rule_set = actions.create_rule_set(by=user, feature=make_feature(slug="support"), name="triage")
    first = actions.create_rules(by=user, rule_set=rule_set, source=RULES, note="begin", based_on=0)
    assert (first.number, first.rule_count, first.inputs, first.author) == (1, 1, ["ticket"], user)
    assert "\r" not in first.source
    assert actions.create_rules(by=user, rule_set=rule_set, source=RULES) == first
    second = actions.create_rules(by=user, rule_set=rule_set, source=RULES + "# more\n", based_on=1)
    assert second.number == 2
    event = AuditEvent.objects.latest("id")
    assert (event.action, event.feature) == ("approaches.rules_created", "support")
    assert event.before == {"version": 1, "sha256": first.sha256}


def test_what_is_wrong_makes_nothing(user: User):
    rule_set = actions.create_rule_set(by=user, feature=make_feature(), name="triage")
    with pytest.raises(InvalidInput, match="is no name"):
        actions.create_rule_set(by=user, feature=rule_set.feature, name="New One")
    with pytest.raises(Conflict, match="exists already"):
        actions.create_rule_set(by=user, feature=rule_set.feature, name="triage")
    with pytest.raises(InvalidInput, match="the rules have"):
        actions.create_rules(by=user, rule_set=rule_set, source="rules: []")
    with pytest.raises(InvalidInput, match="the note has"):
        actions.create_rules(by=user, rule_set=rule_set, source=RULES, note="x" * 5001)
    with pytest.raises(Conflict, match="you began with version 3"):
        actions.create_rules(by=user, rule_set=rule_set, source=RULES, based_on=3)
    assert not RuleSetVersion.objects.exists()


def test_a_version_never_changes():
    version = make_rules()
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        RuleSetVersion.objects.filter(pk=version.pk).update(source="other")


def test_an_engineer_makes_a_rule_set_and_two_versions_and_compares(engineer):
    make_feature(slug="support")
    answer = engineer.post("/approaches/rules/new/", {"name": "triage", "feature": "support"})
    assert answer["Location"] == EDIT
    assert "otherwise: A colleague" in page(engineer, EDIT)
    answer = engineer.post(EDIT, {"source": RULES, "note": "first", "based_on": 0})
    assert answer["Location"] == "/approaches/rules/triage/versions/1/"
    answer = engineer.post(EDIT, {"source": RULES.replace(": other", ": rest"), "based_on": 1}, follow=True)
    assert "Version 2 is saved." in answer.content.decode()
    assert (
        "Nothing changed."
        in engineer.post(
            EDIT, {"source": RULES.replace(": other", ": rest"), "based_on": 2}, follow=True
        ).content.decode()
    )
    assert "saving makes a version after v2" in page(engineer, f"{EDIT}?from=1")
    shown = page(engineer, "/approaches/rules/triage/compare/")
    assert 'class="cut"' in shown
    assert 'class="add"' in shown
    assert page(engineer, "/approaches/rules/triage/compare/?from=2&to=2").count("unchanged<") == 1
    assert "first" in page(engineer, "/approaches/rules/triage/")


def test_what_cannot_be_saved_stays_in_the_editor(engineer):
    version = make_rules(rule_set=make_rule_set(name="triage"))
    answer = engineer.post(EDIT, {"source": "rules: []", "based_on": 1})
    assert answer.status_code == 422
    assert "Not saved: the rules have" in answer.content.decode()
    answer = engineer.post(EDIT, {"source": RULES, "based_on": 0})
    assert answer.status_code == 409
    assert "Not saved yet." in answer.content.decode()
    assert 'name="based_on" value="1"' in answer.content.decode()
    assert engineer.post(EDIT, {"source": RULES}).status_code == 422
    answer = engineer.post(
        "/approaches/rules/new/", {"name": "triage", "feature": version.rule_set.feature.slug}
    )
    assert answer.status_code == 422


def test_the_editor_checks_while_one_types(engineer):
    make_rule_set(name="triage")
    check = f"{EDIT}check/"
    assert "Can be saved" in engineer.post(check, {"source": RULES}).content.decode()
    assert "otherwise is missing" in engineer.post(check, {"source": "rules: x"}).content.decode()


def test_the_box_says_which_rule_answered_and_escapes_it(as_role):
    make_rules(rule_set=make_rule_set(name="triage"), source=RULES)
    viewer, path = as_role("viewer"), "/approaches/rules/triage/versions/1/"
    assert "input.ticket" in page(viewer, path)
    shown = viewer.post(f"{path}try/", {"input.ticket": "late <script>"}, **HTMX).content.decode()
    assert "&lt;b&gt;late &lt;script&gt;&lt;/b&gt;" in shown
    assert "rule 1: ticket has" in shown
    assert "no rule fits" in viewer.post(f"{path}try/", {"input.ticket": "soon"}).content.decode()
    source = "rules: {if: {input: ticket, regex: '^(a|aa)+$'}, then: x}\notherwise: y\n"
    make_rules(rule_set=RuleSet.objects.get(), source=source)
    answer = viewer.post("/approaches/rules/triage/versions/2/try/", {"input.ticket": "a" * 200 + "!"})
    assert "takes too long" in answer.content.decode()


def test_who_only_reads_sees_no_way_to_change(as_role):
    make_rules(rule_set=make_rule_set(name="triage"))
    make_rule_set(name="empty")
    viewer = as_role("viewer")
    assert "New rule set" not in page(viewer, "/approaches/")
    assert "An engineer writes" in page(viewer, "/approaches/rules/empty/")
    assert viewer.post(EDIT, {"source": RULES, "based_on": 1}).status_code == 403
    assert as_role("finance").get("/approaches/").status_code == 403
    assert viewer.get("/approaches/rules/empty/compare/").status_code == 404


def test_the_list_is_narrowed_in_the_url(engineer):
    assert "No rule set yet" in page(engineer, "/approaches/")
    rule_set = make_rule_set(name="triage", description="sorts mail")
    make_rule_set(name="other")
    for query in ("text=mail", f"feature={rule_set.feature.slug}"):
        shown = page(engineer, f"/approaches/?{query}", **HTMX)
        assert "triage" in shown
        assert "other" not in shown
    assert "No rule set matches" in page(engineer, "/approaches/?text=nothing")


@pytest.mark.parametrize("count", [1, 3])
def test_lists_ask_the_same_number_of_questions(engineer, count, django_assert_num_queries):
    rule_set = make_rule_set(name="triage")
    for _ in range(count):
        make_rules()
        make_rules(rule_set=rule_set)
    with django_assert_num_queries(5):
        page(engineer, "/approaches/")
    with django_assert_num_queries(7):
        page(engineer, "/approaches/rules/triage/")
