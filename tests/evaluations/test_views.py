import csv
import io
import json
from decimal import Decimal

import pytest
from django.urls import reverse

from aiops.datasets.models import DatasetVersion
from aiops.evaluations import runner
from aiops.evaluations.models import Run
from aiops.providers.errors import Timeout
from tests.evaluations.stage import make_stage
from tests.factories import make_case, make_model

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>"
CASES = [
    {"key": "a-1", "inputs": {"ticket": "one"}, "expected": "one", "category": "refund", "locale": "en"},
    {
        "key": "b-2",
        "inputs": {"ticket": HOSTILE},
        "expected": {"a": HOSTILE},
        "category": "account",
        "locale": "ja",
    },
    {"key": "c-3", "inputs": {"ticket": "slow"}, "expected": "x", "category": "", "locale": "ja"},
]


@pytest.fixture
def stage():
    return make_stage(CASES)


@pytest.fixture
def run(stage, provider):
    def answer(request):
        if "slow" in request.messages[-1].content:
            raise Timeout("No answer.")
        return request.messages[-1].content

    provider.answer = answer
    scorers = [{"type": "contains"}, {"type": "token_f1"}, {"type": "json_schema"}]
    return runner.run_inline(stage.start(scorers=scorers, note="first").pk)


def url(name, *args, **query):
    address = reverse(f"evaluations:{name}", args=args)
    return f"{address}?{'&'.join(f'{key}={value}' for key, value in query.items())}"


@pytest.fixture
def client(as_role):
    return as_role("engineer")


def test_list_shows_runs_and_filters_them(client, run, stage):
    page = client.get(url("list", feature=stage.feature.slug, state="finished"))
    assert page.context["page"].object_list == [run]
    assert "first" in page.content.decode()
    assert not client.get(url("list", state="failed")).context["page"].object_list
    assert client.get(url("list", feature="nonsense", person="nobody")).context["page"].object_list == [run]


@pytest.mark.parametrize("runs", [1, 3])
def test_list_asks_the_same_number_of_questions_however_many_runs(
    client, stage, runs, django_assert_max_num_queries
):
    for _ in range(runs):
        stage.start()
    client.get(url("list"))
    with django_assert_max_num_queries(14):
        client.get(url("list"))


def test_an_empty_list_says_what_to_do_by_role(client, as_role):
    assert "New evaluation" in client.get(url("list")).content.decode()
    assert "Somebody with the role" in as_role("viewer").get(url("list")).content.decode()


def test_run_page_shows_figures_errors_and_worst_cases(client, run):
    page = client.get(url("run", run.pk)).content.decode()
    assert "1 of 1 cases pass every scorer" in page
    assert "timeout" in page
    assert "No answer." in page
    assert "1 of 20 cases needed" in page
    assert HOSTILE not in page
    chosen = client.get(url("run", run.pk, scorer="token_f1")).content.decode()
    assert "token_f1: " in chosen
    assert client.get(url("run", run.pk, scorer="nonsense")).status_code == 200


def test_run_page_asks_the_same_number_of_questions_however_many_cases(
    client, run, django_assert_max_num_queries
):
    with django_assert_max_num_queries(20):
        client.get(url("run", run.pk))


def test_an_active_run_shows_its_progress_and_may_be_cancelled(client, stage):
    run = stage.start(ceiling=Decimal(1))
    Run.objects.filter(pk=run.pk).update(
        state="running", started_at=run.created_at, done=1, cost=Decimal("0.25")
    )
    page = client.get(url("run", run.pk)).content.decode()
    assert "1</b> of 3 done" in page
    assert "$0.250 spent of $1.00" in page
    fragment = client.get(url("progress", run.pk))
    assert "HX-Refresh" not in fragment
    assert client.post(url("cancel", run.pk)).status_code == 302
    assert client.get(url("progress", run.pk))["HX-Refresh"] == "true"
    assert Run.objects.get().state == "cancelled"
    again = client.post(url("cancel", run.pk), follow=True).content.decode()
    assert "is cancelled already" in again


def test_going_on_from_the_page(client, run):
    client.post(url("continue", run.pk), {"retry_failed": "on"})
    assert Run.objects.get().state == "queued"
    assert "still under way" in client.post(url("continue", run.pk), follow=True).content.decode()
    assert (
        "has to be an amount"
        in client.post(url("continue", run.pk), {"ceiling": "x"}, follow=True).content.decode()
    )


def test_viewers_look_and_do_not_touch(as_role, run):
    viewer = as_role("viewer")
    assert viewer.get(url("run", run.pk)).status_code == 200
    assert viewer.post(url("cancel", run.pk)).status_code == 403
    assert viewer.get(url("start")).status_code == 403
    assert as_role("finance").get(url("run", run.pk)).status_code == 403


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ({}, ["a-1", "b-2", "c-3"]),
        ({"outcome": "error"}, ["c-3"]),
        ({"outcome": "passed", "scorer": "contains"}, ["a-1"]),
        ({"outcome": "unscored", "scorer": "contains"}, ["b-2", "c-3"]),
        ({"outcome": "failed"}, []),
        ({"category": "refund"}, ["a-1"]),
        ({"category": "(none)"}, ["c-3"]),
        ({"locale": "ja", "text": "script"}, ["b-2"]),
        ({"outcome": "nonsense"}, ["a-1", "b-2", "c-3"]),
    ],
)
def test_results_by_filters(client, run, query, keys):
    page = client.get(url("results", run.pk, **query))
    assert [result.case.key for result in page.context["page"]] == keys


@pytest.mark.parametrize("header", [{}, {"HX-Request": "true"}])
def test_results_as_page_and_as_fragment(client, run, header):
    text = client.get(url("results", run.pk), headers=header).content.decode()
    assert ("<html" in text) is not bool(header)
    assert HOSTILE not in text


def test_result_page_shows_everything_and_trusts_nothing(client, run):
    result = run.results.get(case__key="b-2")
    text = client.get(url("result", run.pk, result.pk)).content.decode()
    assert HOSTILE not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "result 2 of 3" in text
    assert "$10.00" in text  # a million input tokens
    before, after = (run.results.get(case__key=key).pk for key in ("a-1", "c-3"))
    assert url("result", run.pk, before).rstrip("?") in text
    assert url("result", run.pk, after).rstrip("?") in text


def test_result_page_of_an_error_and_of_the_same_case_elsewhere(client, run, stage):
    other = runner.run_inline(stage.start(repeats=2).pk)
    failed = client.get(url("result", run.pk, run.results.get(case__key="c-3").pk)).content.decode()
    assert "may have been billed" in failed
    assert f"Run {other.pk}" in failed
    repeated = client.get(
        url("result", other.pk, other.results.filter(repeat=1).first().pk, category="refund")
    )
    assert "Other repeats" in repeated.content.decode()
    assert client.get(url("result", run.pk, other.results.first().pk)).status_code == 404


def body(response):
    return b"".join(response.streaming_content).decode("utf-8-sig")


def test_exports_hold_what_the_filters_show(client, run):
    rows = list(csv.DictReader(io.StringIO(body(client.get(url("csv", run.pk, locale="ja"))))))
    assert [row["case"] for row in rows] == ["b-2", "c-3"]
    assert rows[0]["expected"] == json.dumps({"a": HOSTILE})
    assert (rows[1]["error_kind"], rows[1]["contains passed"]) == ("timeout", "")
    records = [json.loads(line) for line in body(client.get(url("jsonl", run.pk))).splitlines()]
    assert [record["case"] for record in records] == ["a-1", "b-2", "c-3"]
    assert records[0]["scores"][0] == {"scorer": "contains", "value": 1.0, "passed": True, "reason": ""}
    assert records[2]["error"] == {"kind": "timeout", "message": "No answer."}


def start_values(stage, **values):
    return {
        "feature": stage.feature.slug,
        "dataset": f"v{stage.dataset_version.pk}",
        "version": stage.version.pk,
        "model": stage.model.name,
        "repeats": 1,
        "scorers_of": stage.dataset_version.dataset_id,
        **values,
    }


def test_start_form_is_filled_from_a_version_and_says_the_cost(client, stage):
    page = client.get(url("start", version=stage.version.pk, model=stage.model.name))
    text = page.content.decode()
    planned = page.context["plan"].runs[0]
    assert planned.calls == 3
    assert planned.most > planned.likely > 0
    assert "3 cases say little" in text
    assert "field__error" not in text


def test_start_form_repeats_a_run(client, run):
    page = client.get(url("start", run=run.pk))
    assert page.context["form"]["dataset"].value() == f"v{run.dataset_version_id}"
    assert page.context["scorers"].initial["token_f1-on"] is True
    assert page.context["plan"].runs[0].estimate.known_output


def test_start_form_warns_of_cases_that_cannot_be_asked(client, stage):
    make_case(dataset=stage.dataset_version.dataset, inputs={"other": "x"})
    page = client.post(
        url("start"), start_values(stage, dataset=f"d{stage.dataset_version.dataset_id}", preview=1)
    )
    assert page.context["plan"].runs[0].estimate.unrenderable in {0, 1}


def test_starting(client, stage):
    chosen = {
        "exact-on": "on",
        "contains-on": "on",
        "contains-value": "one\ntwo",
        "length-on": "on",
        "length-most": 5,
        "json_schema-on": "on",
        "json_schema-schema": '{"type": "object"}',
        "more": '[{"type": "contains", "name": "polite", "value": "please"}]',
    }
    sent = start_values(stage, ceiling="0.5", note="n", **chosen)
    answer = client.post(url("start"), sent)
    run = Run.objects.get()
    assert answer["Location"] == reverse("evaluations:run", args=[run.pk])
    assert [scorer["name"] for scorer in run.scorers] == [
        "exact",
        "contains",
        "json_schema",
        "length",
        "polite",
    ]
    assert run.scorers[1]["value"] == ["one", "two"]
    assert run.scorers[0]["ignore_case"] is False  # an unticked box says no
    assert (run.ceiling, run.created_by.email) == (Decimal("0.5"), client.user.email)


def test_starting_on_the_draft_freezes_it(client, stage):
    dataset = stage.dataset_version.dataset
    make_case(dataset=dataset)
    type(dataset).objects.filter(pk=dataset.pk).update(case_count=4, unfrozen_count=1)
    client.post(url("start"), start_values(stage, dataset=f"d{dataset.pk}"))
    assert Run.objects.get().dataset_version == DatasetVersion.objects.latest("id")
    assert Run.objects.get().total == 4


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"dataset": ""}, "This field is required"),
        ({"repeats": 99}, "less than or equal to 10"),
        ({"length-on": "on"}, "give `least`, `most` or both"),
        ({"regex-on": "on", "regex-pattern": "("}, "not a regular expression"),
        ({"json_schema-on": "on", "json_schema-schema": "{"}, "Not JSON"),
        ({"more": "{}"}, "this has to be a list"),
        ({"more": "["}, "Expecting value"),
        ({"more": '[{"type": "vibes"}]'}, "there is no scorer"),
    ],
)
def test_mistakes_are_said_in_place(client, stage, values, message):
    page = client.post(url("start"), start_values(stage, **values))
    assert page.status_code == 422
    assert message in page.content.decode().replace("&#x27;", "'")
    assert not Run.objects.exists()


def test_a_refusal_of_the_action_is_shown(client, stage):
    sent = start_values(stage, more=json.dumps([{"type": "contains", "value": "x"}] * 21))
    page = client.post(url("start"), sent)
    assert "21 scorers are more than 20" in page.content.decode()


def test_a_model_without_a_price_is_not_on_offer(client, stage):
    unpriced = make_model().name
    page = client.post(url("start"), start_values(stage, model=unpriced, preview=1))
    assert f'value="{unpriced}"' not in page.content.decode()
    assert page.context["plan"].runs == ()
