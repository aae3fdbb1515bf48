"""Pages of verdicts and policies."""

import pytest
from django.urls import reverse

from aiops.evaluations import actions
from aiops.evaluations.models import GatePolicy
from tests.evaluations.stage import BY
from tests.evaluations.test_verdicts import CASES, Two, good, only_english
from tests.factories import make_pair, make_run, make_user, make_verdict

pytestmark = pytest.mark.django_db


def url(name, *args, **query):
    address = reverse(f"evaluations:{name}", args=args)
    return f"{address}?{'&'.join(f'{key}={value}' for key, value in query.items())}"


@pytest.fixture
def client(as_role):
    return as_role("product")


@pytest.fixture
def blocked(provider):
    two = Two(provider, CASES)
    two.baseline(good)
    return actions.judge_run(by=BY, run=two.candidate(only_english))


def test_the_sentence_stands_first_and_the_broken_locale_on_top(client, blocked):
    page = client.get(url("verdict", blocked.pk))
    text = page.content.decode()
    assert page.context["kind"] == "locale"
    assert [row["words"] for row in page.context["rows"]] == ["Japanese", "English"]
    assert text.index(blocked.sentence) < text.index("Difference per locale") < text.index("Pass to fail")
    assert ">-100<" in text
    assert "−100.0" in text
    assert "case 1 of 40" in text


@pytest.mark.parametrize(
    ("by", "heading"), [("category", "category"), ("both", "category and locale"), ("?", "locale")]
)
def test_the_table_is_a_tab_in_the_url(client, blocked, by, heading):
    assert f"Difference per {heading}</h2>" in client.get(url("verdict", blocked.pk, by=by)).content.decode()


def test_flipped_cases_are_filtered_and_paged(client, blocked):
    page = client.get(url("verdict", blocked.pk, locale="ja", category="refund", page=2))
    assert page.context["page"].paginator.count == 20
    flip = page.context["flip"]
    assert (flip.base.passed, flip.candidate.passed) == (True, False)
    assert [span.text for span in flip.candidate.line.spans if span.changed] == ["broken"]
    assert 'data-hotkey="j"' in page.content.decode()
    assert "No case went this way" in client.get(url("verdict", blocked.pk, flip="up")).content.decode()
    fragment = client.get(
        url("verdict", blocked.pk, locale="en"), headers={"HX-Request": "true"}
    ).content.decode()
    assert "No case went this way here" in fragment
    assert "<html" not in fragment


def test_a_verdict_without_any_result_still_has_a_page(client):
    verdict = make_verdict(created_by=make_user())
    assert "No case has a result on both sides." in client.get(url("verdict", verdict.pk)).content.decode()


def test_a_named_person_accepts_with_a_reason(client, blocked):
    assert "Say why" in _said(client.post(url("accept", blocked.pk), {"reason": " "}, follow=True))
    page = client.post(url("accept", blocked.pk), {"reason": "Japan opens in spring."}, follow=True)
    assert "Japan opens in spring." in page.content.decode()
    assert blocked.acceptance.by == client.user


def test_who_started_the_run_is_told_that_somebody_else_accepts(as_role, blocked):
    client = as_role("administrator")
    candidate, baseline = make_pair()
    type(candidate).objects.filter(pk=candidate.pk)
    own = make_run(
        state="finished", created_by=client.user, feature=candidate.feature,
        dataset_version=candidate.dataset_version, price=candidate.price,
    )  # fmt: skip  # arguments by what they belong to
    verdict = make_verdict(candidate=own, baseline=baseline)
    assert "somebody else has to accept" in client.get(url("verdict", verdict.pk)).content.decode()


def test_the_run_page_shows_its_verdicts_and_offers_others(client, blocked):
    text = client.get(url("run", blocked.candidate_id)).content.decode()
    assert blocked.sentence in text
    assert f'<option value="{blocked.baseline_id}">' in text
    assert "Block" in client.get(url("list")).content.decode()


def test_comparing_asks_a_worker_and_waits(client, provider, sent, django_capture_on_commit_callbacks):
    candidate, baseline = make_pair()
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(url("compare", candidate.pk), {"baseline": baseline.pk})
    assert sent == [("evaluations.compare", candidate.pk, baseline.pk, client.user.pk)]
    assert answer.url == url("against", candidate.pk, baseline.pk).rstrip("?")
    assert "are being compared" in client.get(answer.url).content.decode()
    verdict = actions.compare_runs(by=BY, candidate=candidate, baseline=baseline)
    assert client.get(answer.url).url == url("verdict", verdict.pk).rstrip("?")


def test_comparing_what_cannot_be_compared_says_so(client):
    candidate, other = make_pair()[0], make_run(state="finished")
    chosen = {"baseline": other.pk}
    assert "Choose a finished run" in _said(client.post(url("compare", candidate.pk), chosen, follow=True))
    assert (
        "only runs over the same frozen cases"
        in client.get(url("against", candidate.pk, other.pk)).content.decode()
    )


def test_a_policy_is_set_in_percent(client, blocked):
    address = url("policy", blocked.candidate.feature.slug)
    assert "The defaults hold" in client.get(address).content.decode()
    values = {
        "margin": "2", "max_missing": "1.5", "min_cases": "60", "min_category": "10",
        "deciding_scorer": "contains",
        "required_scorers": "contains", "sizes": "40,80,160",
    }  # fmt: skip  # pairs, read as a table
    assert client.post(address, values).status_code == 302
    policy = GatePolicy.objects.get()
    assert (policy.margin, policy.max_missing, policy.sizes) == (0.02, 0.015, [40, 80, 160])
    assert policy.created_by == client.user
    assert "Policy 1" in client.get(address).content.decode()
    assert "three numbers of cases" in client.post(address, values | {"sizes": "3,2,1"}).content.decode()
    assert client.post(address, values | {"margin": "0"}).status_code == 422


def test_the_start_page_says_what_the_set_can_show(client, blocked):
    run = blocked.candidate
    text = client.get(url("start", run=run.pk)).content.decode()
    assert "What this set can show" in text
    assert "50\N{NO-BREAK SPACE}% of cases flipped in this feature" in text
    small = make_run()
    text = client.get(url("start", run=small.pk)).content.decode()
    assert "With 1 cases no fall can be found reliably" in text
    assert "Nothing can pass below 52 cases" in text
    assert "Too small to be tested" in text


@pytest.mark.parametrize("verdicts", [1, 3])
def test_the_list_asks_no_more_for_more_verdicts(client, verdicts, django_assert_max_num_queries):
    for _ in range(verdicts):
        make_verdict()
    client.get(url("list"))
    with django_assert_max_num_queries(15):
        client.get(url("list"))


def _said(page):
    return " ".join(str(message) for message in page.context["messages"])
