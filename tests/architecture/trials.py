"""One way to do each action, on rows that are there: `TRIALS["app: action"](user)` gives the act itself."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from axes.models import AccessAttempt

from aiops.accounts import actions as accounts
from aiops.accounts.models import Session, User
from aiops.alerts import actions as alerts
from aiops.approaches import actions as approaches
from aiops.approaches.models import FeatureTraining
from aiops.budgets import actions as budgets
from aiops.budgets.limit import Limit
from aiops.catalog import actions as catalog
from aiops.core import clock
from aiops.core.actors import SystemActor
from aiops.datasets import actions as datasets
from aiops.deployments import actions as deployments
from aiops.deployments.choices import Choice
from aiops.deployments.models import Deployment
from aiops.embeddings import actions as embeddings
from aiops.embeddings.models import Space
from aiops.evaluations import actions as evaluations
from aiops.evaluations import judges
from aiops.evaluations.models import OnModel
from aiops.features import actions as features
from aiops.features.policy import Policy
from aiops.flags import actions as flags
from aiops.flags.audience import Audience
from aiops.gateway import actions as gateway
from aiops.knowledge import actions as knowledge
from aiops.knowledge.reading import File
from aiops.monitoring.actions import drift
from aiops.prompts import actions as prompts
from aiops.releases import actions as releases
from aiops.releases.models import Release
from aiops.reviews import actions as reviews
from aiops.tenants import actions as tenants
from aiops.tenants.models import INTERNAL
from tests import factories

Act = Callable[[], object]
TRIALS: dict[str, Callable[[User], Act]] = {}

PRICES = b'{"%s": {"input_cost_per_token": 2e-06, "output_cost_per_token": 8e-06, "mode": "chat"}}'
PROMPT = b"---\nname: triage\nvariables: {ticket: {type: string}}\n---\nSort: {{ ticket }}\n"
CASES = b'{"id": "new", "inputs": {"ticket": "Where is it?"}, "expected": "late"}\n'
GRADES = b"case,passed\nt-000,pass\n"
VALUES = {
    "id": "new",
    "inputs": {"ticket": "Where is it?"},
    "expected": "late",
    "category": "",
    "locale": "en",
}


def trial(name: str) -> Callable[[Callable[[User], Act]], Callable[[User], Act]]:
    def register(prepare: Callable[[User], Act]) -> Callable[[User], Act]:
        TRIALS[name] = prepare
        return prepare

    return register


def simple(name: str, act: Callable[..., object], /, **values: Callable[[], object] | object) -> None:
    """A trial whose arguments are values, or factories that are called first."""

    def prepare(user: User) -> Act:
        given = {key: value() if callable(value) else value for key, value in values.items()}
        return partial(act, by=user, **given)

    TRIALS[name] = prepare


def signed_in_person() -> User:
    user, now = factories.make_user(), clock.now()
    Session.objects.create(
        session_key=f"trial{user.pk}",
        user=user,
        started_at=now,
        seen_at=now,
        expire_date=now + timedelta(hours=1),
    )
    return user


def locked_person() -> User:
    user = factories.make_user()
    AccessAttempt.objects.create(username=user.email, failures_since_start=5)
    return user


person = {"email": "new@example.com", "name": "New", "roles": ["finance"]}
simple("accounts: add_person", accounts.add_person, **person)
simple("accounts: change_person", accounts.change_person, person=factories.make_user, **person)
simple("accounts: deactivate_person", accounts.deactivate_person, person=signed_in_person)
simple(
    "accounts: reactivate_person",
    accounts.reactivate_person,
    person=partial(factories.make_user, is_active=False),
)
simple("accounts: end_sessions", accounts.end_sessions, person=signed_in_person)
simple("accounts: lift_lock", accounts.lift_lock, person=locked_person)
simple("accounts: issue_password_link", accounts.issue_password_link, person=factories.make_user)
simple("accounts: mail_password_link", accounts.mail_password_link, person=factories.make_user)
simple(
    "accounts: set_password", accounts.set_password, person=signed_in_person, password="a new one for trials"
)
simple(
    "accounts: change_profile", accounts.change_profile, name="New", timezone="Asia/Tokyo", languages=["ja"]
)
simple("accounts: note_sign_in", accounts.note_sign_in)
simple("accounts: note_sign_out", accounts.note_sign_out)
simple("accounts: note_lock", accounts.note_lock, account=lambda: factories.make_user().email)

simple(
    "accounts: change_workspace",
    accounts.change_workspace,
    four_eyes="always",
    four_eyes_share=10,
    four_eyes_amount=None,
)

simple("alerts: raise_alert", alerts.raise_alert, key="drift:reply", what="Refusals rose")
simple("alerts: acknowledge_alert", alerts.acknowledge_alert, alert=factories.make_alert)
simple(
    "alerts: mute_alert",
    alerts.mute_alert,
    alert=factories.make_alert,
    until=lambda: clock.now() + timedelta(hours=1),
)
simple("alerts: open_alert", alerts.open_alert, alert=factories.make_alert)
simple("alerts: close_alert", alerts.close_alert, alert=factories.make_alert)
simple("alerts: close_key", alerts.close_key, key=lambda: factories.make_alert().key)

drift_policy = {"on": False, "hourly": True, "false_pages": Decimal(3), "rate_points": 0.05, "mean_sd": 0.3}
simple("monitoring: set_drift_policy", drift.set_drift_policy, feature=factories.make_feature, **drift_policy)


@trial("monitoring: send_movers")
def _send_movers(user: User) -> Act:
    call = factories.make_call(feature=factories.make_feature().slug)
    reading = factories.make_reading(feature=call.feature, at=call.at, movers=[call.id])
    return partial(drift.send_movers, by=user, reading=reading)


simple("tenants: make_console_key", tenants.make_console_key, root="secret")
simple("tenants: create_tenant", tenants.create_tenant, slug="fresh", name="Fresh")
simple("tenants: rename_tenant", tenants.rename_tenant, tenant=factories.make_tenant, name="New")

simple("features: create_feature", features.create_feature, slug="fresh", name="Fresh")
simple(
    "features: change_feature",
    features.change_feature,
    feature=factories.make_feature,
    name="New",
    description="",
)

simple("catalog: add_provider", catalog.add_provider, slug="fresh", name="Fresh", kind="simulated")
simple("catalog: change_provider", catalog.change_provider, provider=factories.make_provider, name="New")
simple("catalog: delete_provider", catalog.delete_provider, provider=factories.make_provider)
simple(
    "catalog: add_model",
    catalog.add_model,
    provider=factories.make_provider,
    name="fresh",
    vendor_name="n",
    tier="small",
)
simple("catalog: change_model", catalog.change_model, model=factories.make_model, vendor_name="new")
simple("catalog: delete_model", catalog.delete_model, model=factories.make_model)
simple("catalog: retire_model", catalog.retire_model, model=factories.make_model)
simple(
    "catalog: set_price",
    catalog.set_price,
    model=factories.make_model,
    effective_at=datetime(2026, 1, 1, tzinfo=UTC),
    input=Decimal("0.000001"),
    output=Decimal("0.000002"),
)


@trial("catalog: restore_model")
def _restore_model(user: User) -> Act:
    model = factories.make_model()
    catalog.retire_model(by=user, model=model)
    return partial(catalog.restore_model, by=user, model=model)


@trial("catalog: import_prices")
def _import_prices(user: User) -> Act:
    model = factories.make_model(
        provider=factories.make_provider(kind="anthropic", base_url="https://api.example.com")
    )
    file = io.BytesIO(PRICES % model.vendor_name.encode())
    return partial(catalog.import_prices, by=user, file=file, effective_at=datetime(2026, 1, 1, tzinfo=UTC))


simple(
    "knowledge: load_documents",
    knowledge.load_documents,
    feature=factories.make_feature,
    name="help",
    files=lambda: [File("returns.md", b"# Returns\n\nWithin 30 days.\n")],
)
simple(
    "knowledge: start_load",
    knowledge.start_load,
    feature=factories.make_feature,
    name="help",
    files=lambda: [File("returns.md", b"# Returns\n")],
)
simple(
    "embeddings: start_change",
    embeddings.start_change,
    use="knowledge",
    wanted=lambda: Space(kind="provider", model=factories.make_price().model),
)
simple("embeddings: cancel_change", embeddings.cancel_change, change=factories.make_change)
simple("knowledge: cancel_load", knowledge.cancel_load, load=factories.make_load)
simple("knowledge: remove_document", knowledge.remove_document, document=factories.make_document)
simple("datasets: create_dataset", datasets.create_dataset, name="fresh")
simple(
    "datasets: change_settings",
    datasets.change_settings,
    dataset=factories.make_dataset,
    description="New",
    feature=None,
    scorers=[],
)
simple("datasets: add_case", datasets.add_case, dataset=factories.make_dataset, values=VALUES)
simple("datasets: edit_case", datasets.edit_case, case=factories.make_case, values=VALUES)
simple("datasets: remove_case", datasets.remove_case, case=factories.make_case)
simple("datasets: freeze", datasets.freeze, dataset=lambda: factories.make_case().dataset)
simple(
    "datasets: import_file",
    datasets.import_file,
    dataset=factories.make_dataset,
    file=lambda: io.BytesIO(CASES),
    filename="cases.jsonl",
    format="jsonl",
)

simple(
    "datasets: upload",
    datasets.upload,
    dataset=factories.make_dataset,
    filename="cases.jsonl",
    content=CASES,
    format="jsonl",
    replace=False,
)
simple("datasets: confirm", datasets.confirm, upload=factories.make_upload)
simple("datasets: discard", datasets.discard, upload=factories.make_upload)


@trial("datasets: look_again")
def _look_again(user: User) -> Act:
    upload = factories.make_upload()
    factories.make_case(dataset=upload.dataset)
    return partial(datasets.look_again, by=user, upload=upload)


simple("prompts: create_prompt", prompts.create_prompt, name="fresh")
simple(
    "prompts: create_version",
    prompts.create_version,
    prompt=partial(factories.make_prompt, name="triage"),
    source=PROMPT,
)


@trial("prompts: move_label")
def _move_label(user: User) -> Act:
    version = factories.make_version()
    return partial(prompts.move_label, by=user, prompt=version.prompt, name="trying", version=version)


@trial("prompts: put_in_production")
def _put_in_production(user: User) -> Act:
    version = factories.make_version()
    Release.objects.create(prompt=version.prompt, version=version, kind=Release.Kind.ADOPTED)
    return partial(prompts.put_in_production, by=user, version=version)


simple("releases: open_request", releases.open_request, version=factories.make_version)
simple("releases: close_request", releases.close_request, request=factories.make_review)
simple("releases: comment", releases.comment, request=factories.make_review, text="Why?")
simple("releases: resolve_comment", releases.resolve_comment, comment=factories.make_comment)
simple(
    "releases: answer_request",
    releases.answer_request,
    request=factories.make_review,
    answer="approved",
    cycle=1,
)


@trial("releases: update_request")
def _update_request(user: User) -> Act:
    review = factories.make_review()
    version = factories.make_version(prompt=review.prompt)
    return partial(releases.update_request, by=user, request=review, version=version)


@trial("releases: ship")
def _ship(user: User) -> Act:
    review = factories.make_review()
    factories.make_run(version=review.version, state="finished")
    releases.answer_request(by=factories.make_user(["engineer"]), request=review, answer="approved", cycle=1)
    return partial(releases.ship, by=user, request=review)


@trial("releases: roll_back")
def _roll_back(user: User) -> Act:
    version = factories.make_version()
    Release.objects.create(prompt=version.prompt, version=version, kind=Release.Kind.ADOPTED)
    return partial(releases.roll_back, by=user, version=version)


@trial("releases: adopt")
def _adopt(_user: User) -> Act:
    demo = SystemActor("demo")
    return partial(releases.adopt, by=demo, version=factories.make_version(), reason="serves")


@trial("prompts: remove_label")
def _remove_label(user: User) -> Act:
    label = factories.make_label(name="trying")
    return partial(prompts.remove_label, by=user, prompt=label.prompt, name=label.name)


simple(
    "approaches: create_rule_set",
    approaches.create_rule_set,
    feature=factories.make_feature,
    name="fresh",
)
simple(
    "approaches: create_rules",
    approaches.create_rules,
    rule_set=factories.make_rule_set,
    source="rules: {if: {input: ticket, any: late}, then: delivery}\notherwise: other\n",
)


simple(
    "approaches: create_classifier",
    approaches.create_classifier,
    feature=factories.make_feature,
    name="fresh",
)
simple(
    "approaches: start_training",
    approaches.start_training,
    classifier=factories.make_classifier,
    dataset_version=factories.make_labelled_cases,
)
simple("approaches: cancel_training", approaches.cancel_training, training=factories.make_training)
simple(
    "approaches: start_learning",
    approaches.start_learning,
    feature=factories.make_feature,
    kind=FeatureTraining.Kind.CATEGORIES,
    dataset_version=factories.make_labelled_cases,
)
simple("approaches: cancel_learning", approaches.cancel_learning, training=factories.make_learning)
simple("approaches: turn_router_on", approaches.turn_router_on, version=factories.make_router)
simple("approaches: turn_categories_on", approaches.turn_categories_on, version=factories.make_categories)


@trial("approaches: turn_router_off")
def _turn_router_off(user: User) -> Act:
    version = factories.make_router()
    approaches.turn_router_on(by=user, version=version)
    return partial(approaches.turn_router_off, by=user, feature=version.feature)


@trial("approaches: turn_categories_off")
def _turn_categories_off(user: User) -> Act:
    version = factories.make_categories()
    approaches.turn_categories_on(by=user, version=version)
    return partial(approaches.turn_categories_off, by=user, feature=version.feature)


@trial("evaluations: train_router")
def _train_router(user: User) -> Act:
    small = factories.make_run(state="finished")
    names = ("feature", "dataset_version", "version", "scorers")
    same = {name: getattr(small, name) for name in names}
    large = factories.make_run(state="finished", **same)
    return partial(evaluations.train_router, by=user, small=small, large=large)


@trial("evaluations: start_run")
def _start_run(user: User) -> Act:
    return partial(
        evaluations.start_run,
        by=user,
        feature=factories.make_feature(),
        dataset_version=factories.make_dataset_version(),
        approach=OnModel(factories.make_version(), factories.make_price().model),
        scorers=[{"type": "exact"}],
    )


simple("evaluations: cancel_run", evaluations.cancel_run, run=factories.make_run)
simple("evaluations: set_policy", evaluations.set_policy, feature=factories.make_feature, margin=0.02)
simple(
    "evaluations: accept_verdict",
    evaluations.accept_verdict,
    verdict=factories.make_verdict,
    reason="All the cases that there are.",
)


@trial("evaluations: compare_runs")
def _compare_runs(user: User) -> Act:
    candidate, baseline = factories.make_pair()
    return lambda: evaluations.compare_runs(by=user, candidate=candidate, baseline=baseline)


@trial("evaluations: start_pairwise")
def _start_pairwise(user: User) -> Act:
    result = factories.make_result()
    candidate = result.run
    same = {name: getattr(candidate, name) for name in ("feature", "dataset_version", "price", "version")}
    baseline = factories.make_run(state="finished", **same)
    factories.make_result(run=baseline, case=result.case)
    rubric = factories.make_version(
        variables={name: {"type": "string"} for name in ("first", "second")}, model=candidate.model.name
    )
    judge = {"prompt": rubric.prompt.name}
    return lambda: evaluations.start_pairwise(by=user, candidate=candidate, baseline=baseline, judge=judge)


simple("evaluations: cancel_pairwise", evaluations.cancel_pairwise, pairwise=factories.make_pairwise)
simple(
    "evaluations: continue_pairwise",
    evaluations.continue_pairwise,
    pairwise=partial(factories.make_pairwise, state="cancelled"),
)


@trial("evaluations: ask_verdict")
def _ask_verdict(user: User) -> Act:
    candidate, baseline = factories.make_pair()
    return lambda: evaluations.ask_verdict(by=user, candidate=candidate, baseline=baseline)


@trial("evaluations: judge_run")
def _judge_run(user: User) -> Act:
    candidate, baseline = factories.make_pair()
    factories.make_label(prompt=baseline.version.prompt, version=baseline.version, name="production")
    return lambda: evaluations.judge_run(by=user, run=candidate)


simple("tenants: create_key", tenants.create_key, name="App", tenant=factories.make_tenant)
simple("tenants: revoke_key", tenants.revoke_key, key=factories.make_key)
simple("features: issue_key", features.issue_key, name="App", tenant=factories.make_tenant)
simple(
    "features: limit_key",
    features.limit_key,
    key=factories.make_key,
    features=lambda: [factories.make_feature()],
)
simple(
    "features: set_policy",
    features.set_policy,
    feature=factories.make_feature,
    policy=Policy(deadline_seconds=9),
)
simple(
    "features: set_guardrail",
    features.set_guardrail,
    feature=factories.make_feature,
    guardrail="refusal",
    mode="observe",
)


simple("features: make_callback_secret", features.make_callback_secret, feature=factories.make_feature)


@trial("features: restore_policy")
def _restore_policy(user: User) -> Act:
    first = factories.make_policy()
    factories.make_policy(feature=first.feature, settings={})
    return partial(features.restore_policy, by=user, version=first)


@trial("deployments: deploy_stable")
def _deploy_stable(user: User) -> Act:
    feature = factories.make_feature()
    version = factories.make_version(prompt=factories.make_prompt(feature=feature))
    factories.make_label(version=version)
    choice = Choice("prompt", version=version, model=factories.make_price().model)
    return partial(deployments.deploy_stable, by=user, feature=feature, choice=choice)


simple(
    "deployments: ask_or_deploy",
    deployments.ask_or_deploy,
    feature=factories.make_feature,
    choice=Choice("search"),
)
simple("deployments: approve_request", deployments.approve_request, request=factories.make_deployment_request)
simple("deployments: decline_request", deployments.decline_request, request=factories.make_deployment_request)


@trial("deployments: withdraw_request")
def _withdraw_deployment_request(user: User) -> Act:
    return partial(
        deployments.withdraw_request, by=user, request=factories.make_deployment_request(asked_by=user)
    )


@trial("deployments: ask_or_set_share")
def _ask_or_set_share(user: User) -> Act:
    return partial(deployments.ask_or_set_share, by=user, feature=tried().feature, share=Decimal(2))


@trial("deployments: start_candidate")
def _start_candidate(user: User) -> Act:
    feature = factories.make_deployment().feature
    choice = Choice("passthrough", model=factories.make_price().model)
    return partial(
        deployments.start_candidate, by=user, feature=feature, choice=choice, share=Decimal("5.00")
    )


def tried() -> Deployment:
    return factories.make_deployment(candidate=factories.make_served(), share=Decimal(5))


@trial("deployments: set_share")
def _set_share(user: User) -> Act:
    return partial(deployments.set_share, by=user, feature=tried().feature, share=Decimal(2))


@trial("deployments: stop_candidate")
def _stop_candidate(user: User) -> Act:
    return partial(deployments.stop_candidate, by=user, feature=tried().feature)


@trial("deployments: follow_production")
def _follow_production(user: User) -> Act:
    deployment = factories.make_deployment()
    prompt = deployment.stable.version.prompt
    factories.make_label(version=factories.make_version(prompt=prompt))
    return partial(deployments.follow_production, by=user, prompt=prompt)


simple("flags: change_flag", flags.change_flag, feature=factories.make_feature, wanted=Audience(on=False))
simple("flags: stop", flags.stop, scope="global", reason="It answers nonsense.")
simple("flags: lift", flags.lift, stop=factories.make_stop)
simple("flags: approve_request", flags.approve_request, request=factories.make_request)
simple("flags: decline_request", flags.decline_request, request=factories.make_request)


simple(
    "flags: plan_change",
    flags.plan_change,
    feature=factories.make_feature,
    wanted=Audience(on=False),
    due_at=lambda: clock.now() + timedelta(hours=1),
)
simple(
    "flags: approve_schedule",
    flags.approve_schedule,
    schedule=partial(factories.make_schedule, state="waiting"),
)
simple("flags: cancel_schedule", flags.cancel_schedule, schedule=factories.make_schedule)
simple("flags: carry_out", flags.carry_out, schedule=factories.make_schedule)


@trial("flags: start_drill")
def _start_drill(user: User) -> Act:
    factories.make_tenant(slug=INTERNAL)
    return partial(flags.start_drill, by=user)


simple("flags: end_drill", flags.end_drill, stop=factories.make_stop)


@trial("flags: withdraw_request")
def _withdraw_request(user: User) -> Act:
    return partial(flags.withdraw_request, by=user, request=factories.make_request(asked_by=user))


simple("evaluations: draw_sample", evaluations.draw_sample, run=lambda: factories.make_result().run, size=1)
simple("evaluations: grade_result", evaluations.grade_result, result=factories.make_result, passed=True)
simple(
    "evaluations: upload_grades",
    evaluations.upload_grades,
    run=lambda: factories.make_judged_run([True]),
    filename="grades.csv",
    content=GRADES,
)
simple("evaluations: confirm_grades", evaluations.confirm_grades, upload=factories.make_grade_upload)
simple(
    "evaluations: import_grades",
    evaluations.import_grades,
    run=lambda: factories.make_judged_run([True]),
    filename="grades.csv",
    content=GRADES,
)


@trial("evaluations: withdraw_grade")
def _withdraw_grade(user: User) -> Act:
    return partial(evaluations.withdraw_grade, by=user, grade=factories.make_grade(by=user))


@trial("evaluations: weigh_judge")
def _weigh_judge(user: User) -> Act:
    """One that is trusted, and that nobody has graded lately."""
    run = factories.make_judged_run([True])
    (judge,) = judges.judges(run.feature.slug)
    factories.make_trust(feature=run.feature, digest=judge.digest)
    return lambda: evaluations.weigh_judge(by=user, judge=judge, among=[judge])


simple(
    "budgets: set_budget",
    budgets.set_budget,
    tenant=None,
    feature=factories.make_feature,
    period="day",
    limit=Limit(Decimal(5)),
)
simple("budgets: remove_budget", budgets.remove_budget, budget=factories.make_budget)
simple("budgets: approve_request", budgets.approve_request, request=factories.make_budget_request)
simple("budgets: decline_request", budgets.decline_request, request=factories.make_budget_request)


@trial("budgets: withdraw_request")
def _withdraw_budget_request(user: User) -> Act:
    asked = factories.make_budget_request(asked_by=user)
    return partial(budgets.withdraw_request, by=user, request=asked)


simple(
    "budgets: lose_leases",
    budgets.lose_leases,
    before=lambda: factories.make_lease(state="open").expires_at + timedelta(seconds=1),
)
simple(
    "budgets: lose_leases_of",
    budgets.lose_leases_of,
    instance=lambda: factories.make_lease(state="open").instance,
)
simple(
    "budgets: reconcile_lease",
    budgets.reconcile_lease,
    lease=factories.make_lease,
    spent=Decimal("0.5"),
    reason="The vendor's bill says so.",
)


@trial("gateway: drop_old")
def _drop_old(user: User) -> Act:
    factories.make_old_partition()
    return partial(gateway.drop_old, by=user)


@trial("gateway: learn_cache_threshold")
def _learn_cache_threshold(user: User) -> Act:
    feature = factories.make_feature()
    factories.make_cache_checks(feature=feature.slug)
    return partial(gateway.learn_cache_threshold, by=user, feature=feature)


@trial("gateway: lower_cache_threshold")
def _lower_cache_threshold(user: User) -> Act:
    feature = factories.make_feature()
    factories.make_cache_checks(feature=feature.slug)
    factories.make_cache_threshold(feature=feature.slug, threshold=0.99)
    return partial(gateway.lower_cache_threshold, by=user, feature=feature)


simple("gateway: purge_cache", gateway.purge_cache, feature=factories.make_feature, pattern="late")
simple("gateway: note_try", gateway.note_try, feature=factories.make_feature, tenant=factories.make_tenant)


@trial("reviews: send_again")
def _send_again(user: User) -> Act:
    feature = factories.make_feature()
    factories.make_policy(feature=feature, settings={"callback_url": "https://app.example.com/answers"})
    ticket = factories.make_ticket(feature=feature.slug, state="expired")
    return partial(reviews.send_again, by=user, ticket=ticket)


@trial("reviews: hand_over_ticket")
def _hand_over_ticket(user: User) -> Act:
    to = factories.make_user(roles=["reviewer"])
    return partial(reviews.hand_over_ticket, by=user, ticket=factories.make_ticket(), to=to)


@trial("reviews: ticket_as_case")
def _ticket_as_case(user: User) -> Act:
    ticket = factories.make_ticket(
        feature=factories.make_feature().slug, state="answered", answered_at=clock.now(), output="It is late."
    )
    return partial(reviews.ticket_as_case, by=user, ticket=ticket)


simple("reviews: answer_ticket", reviews.answer_ticket, ticket=factories.make_ticket, output="It is late.")
simple(
    "reviews: reject_ticket",
    reviews.reject_ticket,
    ticket=factories.make_ticket,
    note="It promises too much.",
)


def _seat(user: User) -> dict[str, Any]:
    seat = factories.make_claim(user)
    return {"by": user, "seat": seat, "token": seat.token}


@trial("reviews: submit_grade")
def _submit_grade(user: User) -> Act:
    return partial(reviews.submit_grade, **_seat(user), raw=0)


@trial("reviews: grade_as_case")
def _grade_as_case(user: User) -> Act:
    return partial(reviews.grade_as_case, **_seat(user), raw=1)


@trial("reviews: undo_with_case")
def _undo_with_case(user: User) -> Act:
    return partial(reviews.undo_with_case, by=user, grade=factories.make_review_grade(reviewer=user))


@trial("reviews: start_pairs")
def _start_pairs(user: User) -> Act:
    candidate, baseline = factories.make_answered_pair()
    return partial(reviews.start_pairs, by=user, candidate=candidate, baseline=baseline)


@trial("reviews: escalate_item")
def _escalate_item(user: User) -> Act:
    return partial(reviews.escalate_item, **_seat(user))


simple("reviews: write_guideline", reviews.write_guideline, feature=factories.make_feature, text="- Exact.")


@trial("reviews: skip_item")
def _skip_item(user: User) -> Act:
    return partial(reviews.skip_item, **_seat(user), why="unclear")


@trial("reviews: hand_over")
def _hand_over(user: User) -> Act:
    to = factories.make_user(roles=["reviewer"], languages=["en"])
    return partial(reviews.hand_over, **_seat(user), to=to)


@trial("reviews: undo_grade")
def _undo_grade(user: User) -> Act:
    return partial(reviews.undo_grade, by=user, grade=factories.make_review_grade(reviewer=user))


@trial("reviews: change_grade")
def _change_grade(user: User) -> Act:
    grade = factories.make_review_grade(reviewer=user)
    return partial(reviews.change_grade, by=user, grade=grade, raw=0, reason="It is rude.")


@trial("reviews: assign_items")
def _assign_items(user: User) -> Act:
    to = factories.make_user(roles=["reviewer"], languages=["en"])
    return partial(reviews.assign_items, by=user, items=[factories.make_review_item()], to=to)


@trial("reviews: set_reviewers")
def _set_reviewers(user: User) -> Act:
    return partial(reviews.set_reviewers, by=user, items=[factories.make_review_item()], reviewers=2)


simple("reviews: requeue_item", reviews.requeue_item, item=factories.make_review_item, reason="It hung.")
simple("reviews: withdraw_item", reviews.withdraw_item, item=factories.make_review_item, reason="A test.")


@trial("reviews: start_round")
def _start_round(user: User) -> Act:
    feature = factories.make_feature()
    for _ in range(5):
        factories.make_review_item(feature=feature)
    people = [factories.make_user(roles=["reviewer"], languages=["en"]) for _ in range(2)]
    return partial(reviews.start_round, by=user, feature=feature, people=people, size=5)


simple("reviews: close_round", reviews.close_round, opened=factories.make_round)


@trial("reviews: add_probe")
def _add_probe(user: User) -> Act:
    item = factories.make_review_item(seats=2, state="done", done_at=clock.now())
    for _ in range(2):
        factories.make_review_grade(item=item)
    return partial(reviews.add_probe, by=user, item=item)


@trial("reviews: clear_desk")
def _clear_desk(user: User) -> Act:
    return partial(reviews.clear_desk, by=user, person=factories.make_claim().reviewer, reason="Away.")


@trial("reviews: send_calls")
def _send_calls(user: User) -> Act:
    factories.make_feature(slug="summary")
    return partial(reviews.send_calls, by=user, calls=[factories.make_call()])


@trial("reviews: send_run")
def _send_run(user: User) -> Act:
    return partial(reviews.send_run, by=user, run=factories.make_result().run)


@trial("reviews: change_sampling")
def _change_sampling(user: User) -> Act:
    return partial(
        reviews.change_sampling, by=user, feature=factories.make_feature(), asked=factories.asked_sampling()
    )
