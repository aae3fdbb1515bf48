"""Pages of two runs before a judge."""

from decimal import Decimal

import pytest
from django.urls import reverse

from aiops.evaluations.models import Pairwise, PairwiseResult
from tests.factories import make_case, make_pairwise, make_result, make_run, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(as_role):
    return as_role("engineer")


def address(name, key):
    return reverse(f"evaluations:{name}", args=[key])


def judged(row, verdicts):
    """A case for each verdict of `row`, under way or over."""
    for verdict in verdicts:
        case = make_case(dataset=row.candidate.dataset_version.dataset, category=verdict or "none")
        sides = [make_result(run=run, case=case) for run in (row.candidate, row.baseline)]
        PairwiseResult.objects.create(
            pairwise=row, case=case, candidate_result=sides[0], baseline_result=sides[1],
            verdict=verdict if verdict != "changed" else "tie", changed=verdict == "changed",
            reason=f"<b>{verdict}</b>",
        )  # fmt: skip  # arguments by what they belong to


def test_starting_one(client, django_capture_on_commit_callbacks):
    result = make_result()
    run = result.run
    same = {name: getattr(run, name) for name in ("feature", "dataset_version", "price", "version")}
    other = make_run(state="finished", **same)
    make_result(run=other, case=result.case)
    rubric = make_version(
        variables={name: {"type": "string"} for name in ("first", "second")}, model=run.model.name
    )
    page = client.get(address("pairwise-start", run.pk)).content.decode()
    assert f"Run {other.pk}" in page
    assert rubric.prompt.name in page
    sent = {"baseline": other.pk, "prompt": rubric.prompt.name, "ceiling": "2"}
    response = client.post(address("pairwise-start", run.pk), sent)
    row = Pairwise.objects.get()
    assert response.url == address("pairwise", row.pk)
    assert (row.candidate, row.baseline, row.ceiling, row.total) == (run, other, Decimal(2), 1)
    again = client.get(address("pairwise-start", run.pk)).content.decode()
    assert "Asked before" in again


def test_a_refusal_is_said_in_place(client):
    result = make_result()
    run = result.run
    same = {name: getattr(run, name) for name in ("feature", "dataset_version", "price", "version")}
    other = make_run(state="finished", **same)
    rubric = make_version(variables={name: {"type": "string"} for name in ("first", "second")})
    sent = {"baseline": other.pk, "prompt": rubric.prompt.name}
    response = client.post(address("pairwise-start", run.pk), sent)
    assert response.status_code == 422
    assert "names no model: choose one." in response.content.decode()


def test_without_another_run_the_page_says_what_to_do(client):
    page = client.get(address("pairwise-start", make_result().run.pk)).content.decode()
    assert "No other run over these cases" in page


def test_the_page_shows_figures_and_trusts_nothing(client):
    row = make_pairwise(state="finished", total=30, done=28, failed=1)
    judged(row, ["better"] * 15 + ["worse"] * 5 + ["tie", "changed", ""])
    page = client.get(address("pairwise", row.pk)).content.decode()
    assert "75%" in page.replace(" ", "").replace("\N{NO-BREAK SPACE}", "").replace("\u202f", "")
    assert "position bias: 1 of 22 changed with the order" in page
    assert "No verdict on 1 case:" in page
    assert "&lt;b&gt;better&lt;/b&gt;" in page
    assert "<b>better</b>" not in page
    assert "Go on" in page


@pytest.mark.parametrize(
    ("show", "rows"), [("", 5), ("better", 1), ("worse", 1), ("tie", 2), ("changed", 1), ("failed", 1)]
)
def test_cases_by_verdict(client, show, rows):
    row = make_pairwise(state="finished")
    judged(row, ["better", "worse", "tie", "changed", ""])
    page = client.get(address("pairwise", row.pk), {"show": show}, headers={"HX-Request": "true"})
    assert page.content.decode().count("<tr><th") - 0 == rows + page.content.decode().count("<thead><tr><th")
    assert "<html" not in page.content.decode()


def test_the_page_asks_the_same_number_of_questions_however_many_cases(client, django_assert_max_num_queries):
    counts = []
    for verdicts in (["better"], ["better", "worse", "tie"]):
        row = make_pairwise(state="finished")
        judged(row, verdicts)
        with django_assert_max_num_queries(40) as asked:
            client.get(address("pairwise", row.pk))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_an_active_one_shows_its_progress_and_may_be_cancelled(client):
    row = make_pairwise()
    assert "Waiting for a worker" in client.get(address("pairwise", row.pk)).content.decode()
    part = client.get(address("pairwise-progress", row.pk))
    assert "HX-Refresh" not in part
    client.post(address("pairwise-cancel", row.pk))
    row.refresh_from_db()
    assert row.state == "cancelled"
    assert client.get(address("pairwise-progress", row.pk))["HX-Refresh"] == "true"
    client.post(address("pairwise-cancel", row.pk))
    row.refresh_from_db()
    assert row.state == "cancelled"


def test_going_on(client):
    row = make_pairwise(state="stopped", ceiling=Decimal(1))
    client.post(address("pairwise-continue", row.pk), {"ceiling": "-1"})
    row.refresh_from_db()
    assert row.state == "stopped"
    client.post(address("pairwise-continue", row.pk), {"ceiling": "2"})
    client.post(address("pairwise-continue", row.pk))
    row.refresh_from_db()
    assert (row.state, row.ceiling) == ("queued", 2)


def test_no_verdict_yet(client):
    page = client.get(address("pairwise", make_pairwise(state="finished").pk)).content.decode()
    assert "No verdict yet" in page
