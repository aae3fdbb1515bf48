"""Judges of a run: which rubric, model and price each stands for, what it is asked, and what came of it.

Configured by name, a judge is pinned when the run starts: rows that never change, so that a run that goes on
tomorrow is judged by the same rubric on the same model at the same price.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count

from aiops.catalog import queries as catalog
from aiops.catalog.models import Model, Price
from aiops.catalog.pricing import worst_case
from aiops.core import clock
from aiops.core.errors import InvalidInput, Problem
from aiops.core.money import ZERO
from aiops.datasets import queries as datasets
from aiops.datasets.models import DatasetVersion
from aiops.evaluations.models import Run, Score
from aiops.evaluations.scorers import parse, resolve
from aiops.evaluations.scorers.base import Golden, Judgement, not_judged
from aiops.evaluations.scorers.judge import TYPE, Judge
from aiops.evaluations.scorers.judge_reply import FAILED, SCHEMAS, Grade, Preference, Reply, Ruling
from aiops.evaluations.scorers.judge_rubric import FRAME, messages_for, objection
from aiops.evaluations.work import parameters_of
from aiops.prompts.models import Prompt, Version
from aiops.prompts.queries import PRODUCTION, latest_version
from aiops.providers.protocol import ChatRequest, Message

BYTES_PER_TOKEN = 4  # of an answer that is still to come; where it has more, more money is held before asking
_KINDS: Mapping[str, type[Reply]] = {"pass_fail": Ruling, "one_to_five": Grade}
NO_REFERENCE = "The case has no expected answer, and this judge compares with one."


def is_judge(entry: Any) -> bool:
    """Whether an entry of a list of scorers is a judge."""
    return isinstance(entry, Mapping) and entry.get("type") == TYPE


def configured(entries: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Entries of a run as somebody would configure them: names and numbers instead of rows."""
    return [_configured(entry) if is_judge(entry) and "sha256" in entry else entry for entry in entries]


def _configured(entry: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: entry[key] for key in ("name", "type", "prompt", "scale", "pass_at", "reference", "repeats")}
    return {**kept, "version": entry["version_number"], "model": entry["model_name"]}


def pinned(entries: Sequence[Mapping[str, Any]], *, pair: bool = False) -> list[dict[str, Any]]:
    """`entries` (from `scorers.resolve`) with each judge's rubric, model and price as rows.

    Raises InvalidInput with a problem for each judge that can't be asked. `pair`: rubrics that compare two.
    """
    found: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for number, entry in enumerate(entries, start=1):
        try:
            found.append(_pinned(entry, pair=pair) if is_judge(entry) else dict(entry))
        except InvalidInput as error:
            problems.append(Problem(f"scorer {number}: judge: {error}"))
    if problems:
        raise InvalidInput("; ".join(map(str, problems)), problems)
    return found


def foreseen(scorers: Iterable[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], str]:
    """The judges among `scorers` as a run would have them, or none and why they can't be asked."""
    try:
        return pinned(resolve([entry for entry in configured(scorers) if is_judge(entry)])), ""
    except InvalidInput as error:
        return [], str(error)


def _pinned(entry: Mapping[str, Any], *, pair: bool) -> dict[str, Any]:
    judge, _ = parse(entry)
    if not isinstance(judge, Judge):
        raise InvalidInput("this is no judge")
    version = _version(judge)
    if problem := objection(version.variables, pair=pair, reference=judge.reference):
        raise InvalidInput(f"{version} {problem}.")
    model, price = _model(judge.model or version.model, version)
    return {
        "name": entry["name"],
        "type": TYPE,
        "prompt": judge.prompt,
        "version": version.pk,
        "version_number": version.number,
        "sha256": version.sha256,
        "model": model.pk,
        "model_name": model.name,
        "price": price.pk,
        "provider": model.provider_id,
        "scale": judge.scale,
        "pass_at": judge.pass_at,
        "reference": judge.reference,
        "repeats": judge.repeats,
        "frame": FRAME,
    }


def _version(judge: Judge) -> Version:
    """The version named, else production, else the latest."""
    prompt = Prompt.objects.filter(name=judge.prompt).first()
    if prompt is None:
        raise InvalidInput(f"there is no prompt {judge.prompt!r}; a rubric is a prompt of its own.")
    versions = prompt.versions.select_related("prompt")
    if judge.version is not None:
        version = versions.filter(number=judge.version).first()
        if version is None:
            raise InvalidInput(f"the prompt {prompt} has no version {judge.version}.")
        return version
    version = versions.filter(labels__name=PRODUCTION).first() or latest_version(prompt)
    if version is None:
        raise InvalidInput(f"the prompt {prompt} has no version yet.")
    return version


def _model(name: str, version: Version) -> tuple[Model, Price]:
    if not name:
        raise InvalidInput(f"{version} names no model: choose one.")
    model = Model.objects.filter(name=name, retired_at=None).first()
    if model is None:
        raise InvalidInput(f"there is no model {name!r}, or it is retired.")
    price = catalog.price_at(model, clock.now())
    if price is None:
        raise InvalidInput(f"the model {name} has no price, so nobody could say what its verdicts cost.")
    return model, price


def rubric_names(*, pair: bool = False) -> list[str]:
    """The prompts whose latest version shows a judge what it has to see, by name."""
    latest = Version.objects.order_by("prompt__name", "-number").distinct("prompt__name")
    needed = {"first", "second"} if pair else {"output"}
    shown = latest.values_list("prompt__name", "variables")
    return [name for name, variables in shown if needed <= set(variables)]


def in_checks(cases: DatasetVersion) -> str:
    """Why the cases can't be run, in words: a check of one of them is a judge; "" where none is."""
    asking = datasets.cases_of(cases).filter(checks__contains=[{"type": TYPE}])
    key = asking.values_list("key", flat=True).first()
    return f"A check of the case {key} is a judge, which belongs to the run's scorers." if key else ""


@dataclass(frozen=True, slots=True)
class Seat:
    """One judge of a run, with its rows."""

    name: str
    rubric: Version
    model: Model
    price: Price
    kind: type[Reply]
    pass_at: int
    reference: bool
    repeats: int


def seats_of(entries: Iterable[Mapping[str, Any]], *, pair: bool = False) -> list[Seat]:
    """The judges among the pinned `entries`, in three queries for all of them."""
    judges = [entry for entry in entries if is_judge(entry)]
    if not judges:
        return []
    rubrics = Version.objects.in_bulk([entry["version"] for entry in judges])
    models = Model.objects.select_related("provider").in_bulk([entry["model"] for entry in judges])
    prices = Price.objects.in_bulk([entry["price"] for entry in judges])
    return [
        Seat(
            name=entry["name"],
            rubric=rubrics[entry["version"]],
            model=models[entry["model"]],
            price=prices[entry["price"]],
            kind=Preference if pair else _KINDS[entry["scale"]],
            pass_at=entry["pass_at"],
            reference=entry["reference"],
            repeats=entry["repeats"],
        )
        for entry in judges
    ]


def failures(run: Run) -> dict[str, int]:
    """By name: on how many results a judge of `run` failed. No question where it has no judge."""
    names = [entry["name"] for entry in run.scorers if is_judge(entry)]
    if not names:
        return {}
    failed = Score.objects.filter(
        result__run=run, scorer__in=names, value=None, passed=None, reason__startswith=f"{FAILED} "
    )
    return dict(failed.values_list("scorer").annotate(n=Count("id")).order_by("scorer"))


@dataclass(frozen=True, slots=True)
class Question:
    """One call to a judge; `worst` USD is the most that it can cost."""

    seat: Seat
    request: ChatRequest
    worst: Decimal


def questions(
    seat: Seat, golden: Golden, answers: Mapping[str, str], *, times: int | None = None
) -> list[Question] | Judgement:
    """What the judge is asked about `answers`, or its judgement where there is nothing to ask.

    Raises InvalidInput where the rubric can't be rendered with these answers.
    """
    if seat.reference and golden.expected is None:
        return not_judged(NO_REFERENCE)
    messages = messages_for(seat.rubric, golden, answers, seat.kind)
    parameters = parameters_of(seat.rubric, seat.model.max_output_tokens)
    schema = SCHEMAS[seat.kind]
    worst = worst_case(messages, parameters["max_tokens"], seat.price, schema=schema)
    count = seat.repeats if times is None else times
    return [
        Question(seat, _request(seat, messages, parameters, repeat, schema), worst) for repeat in range(count)
    ]


def _request(
    seat: Seat,
    messages: tuple[Message, ...],
    parameters: Mapping[str, Any],
    repeat: int,
    schema: Mapping[str, Any],
) -> ChatRequest:
    """Each repeat has a seed of its own, or all would be the same answer."""
    stop = parameters.get("stop") or ()
    seed = parameters.get("seed")
    if seat.repeats > 1:
        seed = (seed or 0) + repeat
    return ChatRequest(
        model=seat.model.vendor_name,
        messages=messages,
        max_tokens=parameters["max_tokens"],
        temperature=parameters.get("temperature"),
        seed=seed,
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        response_schema=schema,
    )


def reserve(seats: Sequence[Seat], golden: Golden, size: int) -> Decimal:
    """USD to hold for the judges of an answer of up to `size` bytes before there is one.

    A bound for all but the strangest rubrics; where it falls short the worker holds more before it asks.
    """
    padding = Message("user", "x" * size)
    return sum((_worst(seat, golden, padding) * seat.repeats for seat in seats), ZERO)


def _worst(seat: Seat, golden: Golden, answer: Message) -> Decimal:
    """Of one question about `answer`, which no variable's limit applies to."""
    if seat.reference and golden.expected is None:
        return ZERO
    try:
        messages = messages_for(seat.rubric, golden, {"output": ""}, seat.kind)
    except InvalidInput:
        return ZERO
    bound = parameters_of(seat.rubric, seat.model.max_output_tokens)["max_tokens"]
    return worst_case((*messages, answer), bound, seat.price, schema=SCHEMAS[seat.kind])
