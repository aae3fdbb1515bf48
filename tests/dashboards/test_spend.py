from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from aiops.accounts.models import Workspace
from aiops.budgets.models import Budget, BudgetRequest
from aiops.core import clock
from aiops.core.actors import SystemActor
from aiops.dashboards import health, periods, spending, sums
from aiops.deployments import actions as deployments
from aiops.deployments.choices import Choice
from aiops.deployments.models import Deployment
from aiops.flags import actions as flags
from aiops.monitoring import marks
from aiops.releases.models import Release
from tests.factories import (
    make_budget,
    make_budget_request,
    make_feature,
    make_lease,
    make_model,
    make_price,
    make_provider,
    make_rollup,
    make_stop,
    make_tenant,
    make_version,
)

pytestmark = pytest.mark.django_db
SHELL = SystemActor("shell")
NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
PAGE = reverse("spend:page")


@pytest.fixture
def november(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return periods.span("month", "", NOW)


@pytest.mark.parametrize(
    ("kind", "on", "begins", "ends", "before"),
    [
        ("day", "2026-11-23", "11-23", "11-24", "11-22"),
        ("week", "2026-11-22", "11-16", "11-23", "11-09"),
        ("month", "", "11-01", "12-01", "10-01"),
        ("quarter", "2026-08-31", "07-01", "10-01", "04-01"),
        ("nonsense", "2027-01-01", "11-01", "12-01", "10-01"),
        ("month", "0001-01-01", "11-01", "12-01", "10-01"),
    ],
)
def test_a_period_is_half_open_beside_the_one_before(kind, on, begins, ends, before):
    span = periods.span(kind, on, NOW)
    assert [f"{edge:%m-%d}" for edge in (span.begins, span.ends, span.before)] == [begins, ends, before]


def test_a_running_period_is_compared_with_as_much_of_the_one_before():
    assert periods.span("month", "", NOW).compared_until == datetime(2026, 10, 23, 14, 30, tzinfo=UTC)
    over = periods.span("month", "2026-02-10", NOW)
    assert (over.compared_until, over.running, over.later) == (over.begins, False, "2026-03-01")


def test_tenants_and_features_add_up_and_are_compared(november):
    make_rollup(hour=NOW, cost="3")
    make_rollup(hour=NOW, feature="other", cost="1", unaccounted="1", outcome="refused", reason="lost")
    make_rollup(hour=NOW, tenant="globex", cost="5")
    make_rollup(hour=NOW - timedelta(days=31), cost="2")
    make_rollup(
        hour=datetime(2026, 10, 30, tzinfo=UTC), cost="100"
    )  # later in October than now is in November
    globex, acme = spending.tenants(november)
    assert (globex.whole.tenant, globex.whole.figures.cost, globex.whole.change) == ("globex", 5, None)
    assert [(row.feature, row.figures.cost, row.before) for row in acme.features] == [
        ("summary", 3, 2), ("other", 1, 0),
    ]  # fmt: skip  # rows of a table, one to a line
    assert (acme.whole.figures.cost, acme.whole.change, acme.features[0].change) == (4, 1.0, 0.5)
    assert (acme.whole.figures.calls, acme.whole.figures.errors) == (20, 10)


def test_what_caching_saved_is_estimated_from_the_misses(november):
    make_rollup(hour=NOW, calls=10, cost="1")
    make_rollup(hour=NOW, calls=4, cost="0", outcome="cached", cache="hit-exact")
    make_rollup(hour=NOW, calls=3, cost="0", outcome="cached", cache="hit-exact", model="never missed")
    assert spending.saved(november) == spending.Saved(Decimal("0.4"), 7, 3)


def test_the_chart_has_a_bar_for_each_day_so_far(november):
    make_rollup(hour=NOW, cost="3")
    chart = spending.by_time(november, "tenant")
    (bars,) = chart.figure["data"]
    assert (bars["name"], len(bars["x"]), bars["y"][-1]) == ("acme", 23, 3.0)


@pytest.mark.parametrize("rows", [1, 3])
def test_spend_asks_as_many_questions_for_three_tenants_as_for_one(rows, as_role, django_assert_num_queries):
    for number in range(rows):
        tenant = make_tenant()
        make_rollup(tenant=tenant.slug, feature=f"feature-{number}")
        make_budget(tenant=tenant)
    client = as_role("finance")
    client.get(PAGE)
    with django_assert_num_queries(19):
        assert client.get(PAGE).status_code == 200


def test_every_cent_leads_to_its_calls(as_role, november):
    make_rollup(hour=NOW)
    page = as_role("finance").get(PAGE).content.decode()
    since = "since=2026-11-01T00:00&amp;until=2026-12-01T00:00"
    assert f"{reverse('calls:list')}?tenant=acme&amp;feature=summary&amp;{since}" in page


def test_our_own_work_is_a_row_that_says_what_it_is(as_role, november):
    own = {"tenant": "internal", "arm": "internal", "cache": "off"}
    make_rollup(hour=NOW, tenant="internal", cost="1")  # a call of an application of ours
    make_rollup(hour=NOW, served_by="judge", cost="2", **own)
    make_rollup(hour=NOW, served_by="evaluation", cost="3", feature="", **own)
    (tenant,) = spending.tenants(november)
    assert (tenant.whole.tenant, tenant.whole.figures.cost) == ("internal", 6)
    page = as_role("finance").get(PAGE).content.decode()
    assert "our own work, no customer’s: evaluations $3.00, judges $2.00" in page
    assert ">no feature</a>" in page


def test_what_our_own_work_asks_is_no_traffic(november):
    make_rollup(hour=NOW, calls=7)
    make_rollup(hour=NOW, calls=90, tenant="internal", arm="internal", served_by="evaluation")
    figures = sums.figures(sums.live_rollups(november.begins), "feature")
    assert figures["summary",].calls == 7
    assert health.rows(health.window("24h", NOW))[0][2].calls == 7


def test_the_table_is_a_file_too(as_role):
    make_rollup(cost="3")
    budget = make_budget(tenant=make_tenant(slug="acme"), feature=make_feature(slug="summary"))
    client = as_role("finance")
    lines = b"".join(client.get(reverse("spend:csv")).streaming_content).decode().splitlines()
    assert lines[1] == "acme,summary,10,3.0000000000,0,0,0,100.0000000000"
    lines = b"".join(client.get(reverse("spend:budgets-csv")).streaming_content).decode().splitlines()
    assert lines[1].startswith(f"{budget.scope},month,100.0000000000,True,")


def test_finance_finds_who_spent_most_and_raises_its_budget(as_role):
    make_rollup(tenant="globex", cost="90")
    make_rollup(tenant="acme", cost="10")
    budget = make_budget(tenant=make_tenant(slug="globex"), spent=Decimal(90))
    client = as_role("finance")
    assert client.get(PAGE).context["page"][0].whole.standing.state == "warn"
    given = {"amount": "200", "kind": "hard", "warn_at": "80", "reason": "They grow."}
    client.post(reverse("spend:budget", args=[budget.pk]), given)
    budget.refresh_from_db()
    assert budget.amount == 200


def test_a_new_budget_counts_what_was_spent_in_the_running_period(as_role):
    tenant = make_tenant(slug="acme")
    make_rollup(cost="3")
    make_rollup(tenant="globex", cost="5")
    given = {
        "tenant": "acme",
        "feature": "",
        "period": "month",
        "amount": "10",
        "kind": "soft",
        "warn_at": "50",
    }
    client = as_role("finance")
    client.post(reverse("spend:new-budget"), given)
    budget = Budget.objects.get()
    assert (budget.tenant, budget.hard, budget.soft_share) == (tenant, False, Decimal("0.5"))
    assert budget.periods.get().spent == 3
    again = client.post(reverse("spend:new-budget"), given)
    assert (again.status_code, "already: change that one" in again.content.decode()) == (422, True)


def test_more_than_the_workspaces_amount_waits_and_is_decided_on_the_page(as_role):
    Workspace.objects.create(four_eyes_amount=Decimal(50))
    budget = make_budget()
    asking, other = as_role("finance"), as_role("administrator")
    given = {"amount": "500", "kind": "hard", "warn_at": "80"}
    asking.post(reverse("spend:budget", args=[budget.pk]), given)
    request = BudgetRequest.objects.get()
    assert "Withdraw" in asking.get(reverse("spend:budgets")).content.decode()
    other.post(reverse("spend:answer", args=[request.pk]), {"answer": "approve"})
    budget.refresh_from_db()
    assert budget.amount == 500


@pytest.mark.parametrize(("answer", "state"), [("withdraw", "waiting"), ("decline", "declined")])
def test_a_request_is_declined_by_others_and_withdrawn_by_oneself_alone(answer, state, as_role):
    request = make_budget_request()
    as_role("finance").post(reverse("spend:answer", args=[request.pk]), {"answer": answer})
    request.refresh_from_db()
    assert request.state == state


def test_a_budget_is_removed(as_role):
    budget = make_budget()
    as_role("finance").post(reverse("spend:remove", args=[budget.pk]))
    assert not Budget.objects.exists()


def test_a_lost_lease_is_settled_on_the_budgets_page(as_role):
    lease = make_lease()
    client, url = as_role("finance"), reverse("spend:budget", args=[lease.period.budget_id])
    assert lease.instance in client.get(url).content.decode()
    settle = reverse("spend:reconcile", args=[lease.pk])
    for given, state in (
        ({"spent": "x"}, "lost"),
        ({"spent": "9", "reason": "r"}, "lost"),
        ({"spent": "0", "reason": "r"}, "closed"),
    ):
        client.post(settle, given)
        lease.refresh_from_db()
        assert lease.state == state


def test_an_auditor_sees_budgets_and_changes_none(as_role):
    budget = make_budget()
    client = as_role("auditor")
    url = reverse("spend:budget", args=[budget.pk])
    assert "Save" not in client.get(url).content.decode()
    client.post(url, {"amount": "1", "kind": "hard", "warn_at": "80"})
    budget.refresh_from_db()
    assert budget.amount == 100


def test_latencies_of_hours_add_up():
    now = clock.now()
    make_rollup(latency={"10": 2})
    make_rollup(hour=now - timedelta(hours=1), latency={"10": 1, "20": 4}, feature="other")
    since = now - timedelta(hours=2)
    assert sums.latencies(sums.rollups(since)) == {(): {10: 3, 20: 4}}
    assert sums.latencies(sums.rollups(since), "feature") == {
        ("summary",): {10: 2},
        ("other",): {10: 1, 20: 4},
    }


def test_a_change_that_waits_already_is_said_on_the_page(as_role):
    Workspace.objects.create(four_eyes_amount=Decimal(50))
    request = make_budget_request()
    client, url = as_role("finance"), reverse("spend:budget", args=[request.budget_id])
    refused = client.post(url, {"amount": "900", "kind": "hard", "warn_at": "80"})
    assert (refused.status_code, "waits already" in refused.content.decode()) == (422, True)
    client.post(reverse("spend:remove", args=[request.budget_id]))
    assert "waits already" in client.get(url).content.decode()


def test_budgets_are_found_by_tenant_or_feature(as_role):
    wanted = make_budget(tenant=make_tenant(slug="globex"))
    make_budget()
    response = as_role("finance").get(reverse("spend:budgets"), {"text": "glob"})
    assert [one.budget for one in response.context["rows"]] == [wanted]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("day", "23 November 2026"),
        ("week", "23 Nov to 29 Nov 2026"),
        ("month", "November 2026"),
        ("quarter", "quarter 4 of 2026"),
    ],
)
def test_a_period_has_words(kind, words):
    assert periods.span(kind, "", NOW).words == words


def test_deploys_and_stops_are_marks(user):
    flags.stop(by=user, scope="feature", target=make_feature(slug="summary").slug, reason="Nonsense.")
    since = clock.now() - timedelta(hours=1)
    (mark,) = marks.marks(since, clock.now() + timedelta(hours=1), "summary")
    assert (mark.label, mark.note, mark.bad) == ("stop", "stop summary", True)


def made_release(at, kind="adopted"):
    version = make_version()
    return Release.objects.create(prompt=version.prompt, version=version, kind=kind, four_eyes="off", at=at)


def marked(since, until, feature=""):
    return [(mark.at, mark.note, mark.bad) for mark in marks.marks(since, until, feature)]


def test_marks_stand_where_things_happened_and_not_where_the_audit_wrote_them(user):
    old = NOW - timedelta(days=14)
    stop = make_stop(scope="feature", target="summary", at=old, lifted_at=old + timedelta(days=5))
    released = made_release(old + timedelta(days=10))
    assert marked(old, NOW) == [
        (stop.at, "stop summary", True),
        (stop.lifted_at, "lift summary", False),
        (released.at, f"adopt {released.prompt.name}", False),
    ]
    assert marked(old, NOW, "summary") == marked(old, NOW)[:2]
    assert marked(old + timedelta(days=1), NOW, "other") == []


def test_marks_that_fall_together_are_one_with_their_number():
    for hours in (1, 2, 3):
        made_release(NOW + timedelta(hours=hours))
    stop = make_stop(at=NOW + timedelta(hours=2), scope="global", target="")
    (mark,) = marks.marks(NOW, NOW + timedelta(days=7))
    assert (mark.at, mark.label, mark.bad, mark.note.count("\n")) == (stop.at, "stop +3", True, 3)


def test_a_candidate_is_marked_where_its_calls_begin_and_where_it_ended(user):
    feature, model = make_feature(slug="sorting"), make_price().model
    choice = Choice("passthrough", model=model)
    deployments.deploy_stable(by=SHELL, feature=feature, choice=choice)
    search = Choice("search")
    deployments.start_candidate(by=user, feature=feature, choice=search, share=Decimal(5))
    deployments.stop_candidate(by=user, feature=feature)
    ended = clock.now() - timedelta(hours=1)
    Deployment.objects.update(changed_at=ended)
    began = (ended - timedelta(days=8)).replace(minute=0, second=0, microsecond=0)
    for hours in (0, 1, 5, 40):
        hour = began + timedelta(hours=hours)
        make_rollup(feature="sorting", hour=hour, arm="candidate", approach_name="search")
    assert marked(began - timedelta(hours=2), clock.now() + timedelta(hours=1), "sorting") == [
        (began, "candidate search", False),
        (ended, "candidate ends sorting\ndeploy sorting", False),
    ]


def test_a_deployment_has_the_time_of_its_row_and_a_release_is_marked_once(user):
    feature, now = make_feature(slug="sorting"), clock.now()
    for reason in ("Cheaper", "sort v2 is in production"):
        deployments.deploy_stable(
            by=SHELL, feature=feature, choice=Choice("passthrough", model=make_price().model), reason=reason
        )
    Deployment.objects.update(changed_at=now - timedelta(days=3))
    ((at, label, _),) = marked(now - timedelta(days=7), now + timedelta(days=1))
    assert (label, at > now - timedelta(minutes=1)) == ("deploy sorting", True)
    deployments.deploy_stable(by=SHELL, feature=feature, choice=Choice("search"), reason="Without a model")
    Deployment.objects.update(changed_at=now - timedelta(days=3))
    assert (now - timedelta(days=3), "deploy sorting", False) in marked(now - timedelta(days=7), now)


def test_money_of_a_simulated_vendor_is_said_to_be_so(as_role, november):
    vendor = make_provider(kind="openai_compatible", base_url="https://models.example")
    real, played = make_model(provider=vendor), make_model(provider=make_provider(kind="simulated"))
    make_rollup(hour=NOW, model=real.name)
    assert "simulated money" not in as_role("finance").get(PAGE).content.decode()
    make_rollup(hour=NOW, model=played.name)
    assert "with simulated money" in as_role("finance").get(PAGE).content.decode()
