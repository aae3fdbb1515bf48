import csv
import io
import re
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.urls import reverse

from aiops.audit import actions as audit
from aiops.audit.models import AuditEvent
from aiops.core.actors import SystemActor
from aiops.dashboards import words
from aiops.dashboards.forms import AuditFilter
from aiops.dashboards.verbs import VERBS
from tests.factories import make_feature, make_prompt, make_user

pytestmark = pytest.mark.django_db
AUDIT = "/audit/"


def record(action="features.feature_changed", on=None, **values):
    with transaction.atomic():
        return audit.record(
            by=values.pop("by", SystemActor("worker")), action=action, on=on or make_feature(), **values
        )


def chained():
    """Link what was recorded, as a commit would."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def narrowed(**asked):
    return list(AuditFilter(asked).narrowed(AuditEvent.objects.all()))


@pytest.mark.parametrize("events", [1, 3])
def test_audit_page_asks_a_constant_number_of_questions(events, as_role, django_assert_max_num_queries):
    for _ in range(events):
        record(before={"name": "a"}, after={"name": "b"})
    client = as_role("auditor")
    with django_assert_max_num_queries(12):
        assert client.get(AUDIT).status_code == 200


def test_audit_page_shows_before_and_after(as_role):
    record(before={"name": "old", "same": 1}, after={"name": "new", "same": 1}, reason="It was wrong")
    page = as_role("auditor").get(AUDIT).content.decode()
    assert "<dt>name</dt><dd><del>old</del> <ins>new</ins></dd>" in page
    assert "<dt>same</dt>" not in page
    assert "It was wrong" in page


def test_what_was_recorded_is_escaped(as_role):
    record(after={"name": "<img src=x>"})
    page = as_role("auditor").get(AUDIT).content.decode()
    assert "<img" not in page
    assert "&lt;img src=x&gt;" in page


def test_an_empty_audit_says_so(as_role):
    client = as_role("auditor")
    assert "Nothing recorded yet" in client.get(AUDIT).content.decode()
    assert "No event matches" in client.get(AUDIT, {"actor": "nobody"}).content.decode()


def test_htmx_gets_the_table_alone(as_role):
    record()
    part = as_role("auditor").get(AUDIT, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith("<table")


def test_filters_narrow_by_who_what_object_and_feature():
    person = make_user()
    feature = make_feature()
    prompt = make_prompt(feature=feature)
    a = record(by=person, on=feature, feature=feature.slug)
    b = record("prompts.prompt_created", on=prompt)
    assert narrowed(actor=person.email[:6].upper()) == [a]
    assert narrowed(actor=person.actor_id) == [a]
    assert narrowed(action="prompts.prompt_created") == [b]
    assert narrowed(action="features") == [a]
    assert narrowed(object=prompt.name) == [b]
    assert narrowed(feature=feature.slug) == [a]
    assert narrowed() == [b, a]


def test_filters_narrow_by_time_and_ignore_nonsense():
    event = record()
    assert narrowed(period="1h") == [event]
    assert narrowed(since="2100-01-01T00:00") == []
    assert narrowed(until="2100-01-01T00:00") == [event]
    assert narrowed(period="soon", since="yesterday", actor="a\0b") == [event]


def test_csv_holds_what_the_filters_show(as_role):
    record(after={"name": "ü"})
    record("prompts.prompt_created", on=make_prompt())
    response = as_role("auditor").get(reverse("dashboards:audit-csv"), {"action": "features"})
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert [(row["action"], row["after"], row["before"]) for row in rows] == [
        ("features.feature_changed", '{"name": "ü"}', "")
    ]


def test_the_chain_is_checked_on_demand(as_role):
    record()
    chained()
    client = as_role("auditor")
    part = client.post(reverse("dashboards:audit-verify"), headers={"HX-Request": "true"}).content.decode()
    assert "Chain intact" in part
    page = client.post(reverse("dashboards:audit-verify"), follow=True).content.decode()
    assert "The chain is intact: 1 events" in page
    assert "1 events are chained" in page


def test_a_broken_chain_is_said(as_role):
    record()
    chained()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE audit_auditevent SET reason = 'another'")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    client = as_role("auditor")
    part = client.post(reverse("dashboards:audit-verify"), headers={"HX-Request": "true"}).content.decode()
    assert "The chain is broken" in part
    page = client.post(reverse("dashboards:audit-verify"), follow=True).content.decode()
    assert "BROKEN after 0 good links" in page


def test_who_may_not_see_the_audit_is_told(as_role):
    response = as_role("engineer").get(AUDIT)
    assert response.status_code == 403
    assert "audit.view" in response.content.decode()


def test_an_action_without_a_verb_is_said_as_it_is_written():
    assert words.verb("rollouts.step_taken") == "step taken"


def test_an_object_without_a_page_has_no_link():
    assert words.sentence(AuditEvent(action="x.y", object_type="x.y", object_label="z")).url == ""
    strange = AuditEvent(action="x.y", object_type="features.feature", object_label="not a slug!/x")
    assert words.sentence(strange).url in {"", "/features/not/"}


def test_a_reason_or_the_feature_stands_below_a_sentence():
    event = AuditEvent(action="prompts.prompt_created", object_label="p", feature="support")
    assert words.sentence(event).note == "Feature support"
    event.reason = "Asked for"
    assert words.sentence(event).note == "Reason: Asked for"


@pytest.mark.parametrize(
    ("kind", "label", "url"),
    [
        ("prompts.prompt", "reply", "/prompts/reply/"),
        ("prompts.version", "reply v3", "/prompts/reply/versions/3/"),
        ("prompts.label", "reply: production", "/prompts/reply/"),
        ("datasets.datasetversion", "golden v2", "/datasets/golden/versions/2/"),
        ("datasets.case", "golden: t-1", "/datasets/golden/"),
        ("catalog.price", "sim-large price", "/catalog/models/sim-large/"),
        ("evaluations.run", "Run 7", "/evaluations/7/"),
        ("prompts.version", "someone's words", ""),
        ("prompts.version", "no number", ""),
    ],
)
def test_an_event_leads_to_the_page_of_its_object(kind, label, url):
    assert words.address(AuditEvent(object_type=kind, object_id="7", object_label=label)) == url


def test_every_recorded_action_has_a_verb():
    source = "\n".join(path.read_text(encoding="utf-8") for path in Path("aiops").rglob("*.py"))
    recorded = set(re.findall(r'action="([a-z]+\.[a-z_]+)"', source))
    assert sorted(recorded - set(VERBS)) == []
