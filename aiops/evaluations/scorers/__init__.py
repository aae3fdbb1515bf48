"""Code that scores. To add one: a file with a `Scorer`, and a line in `KINDS`.

Configured as JSON: `[{"type": "exact", "ignore_case": true}, {"type": "length", "name": "brief", "most":
120}]`.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from aiops.core.errors import InvalidInput, Problem
from aiops.evaluations.scorers.base import Golden, Judgement, Scorer, not_judged
from aiops.evaluations.scorers.contains import Contains, NotContains
from aiops.evaluations.scorers.date import Dates
from aiops.evaluations.scorers.exact import Exact
from aiops.evaluations.scorers.json_schema import JsonSchema
from aiops.evaluations.scorers.judge import Judge
from aiops.evaluations.scorers.keywords import Keywords
from aiops.evaluations.scorers.language import Language
from aiops.evaluations.scorers.length import Length
from aiops.evaluations.scorers.numeric import Numeric
from aiops.evaluations.scorers.pydantic_type import PydanticType
from aiops.evaluations.scorers.readability import Readability
from aiops.evaluations.scorers.refusal import Refusal
from aiops.evaluations.scorers.regex import Regex
from aiops.evaluations.scorers.similarity import Similarity
from aiops.evaluations.scorers.sql import Sql
from aiops.evaluations.scorers.token_f1 import TokenF1

if TYPE_CHECKING:
    from aiops.evaluations.work import Item

KINDS: dict[str, type[Scorer]] = {
    kind.type: kind
    for kind in (
        Exact,
        Contains,
        NotContains,
        Keywords,
        Regex,
        Numeric,
        Dates,
        JsonSchema,
        PydanticType,
        Sql,
        TokenF1,
        Similarity,
        Length,
        Readability,
        Language,
        Refusal,
        Judge,
    )
}
CHECKS = "checks"  # the name under which a case's own checks are scored
MAX_SCORERS = 20


def resolve(configured: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """`configured` checked and completed: every parameter, and a name that no other has.

    Raises InvalidInput with a problem for each scorer that is wrong.
    """
    problems: list[Problem] = []
    resolved: list[dict[str, Any]] = []
    for number, config in enumerate(configured, start=1):
        try:
            scorer, name = parse(config)
        except InvalidInput as error:
            problems.append(Problem(f"scorer {number}: {error}"))
            continue
        taken = {entry["name"] for entry in resolved} | {CHECKS}
        resolved.append({"name": _free(name, taken), "type": scorer.type, **scorer.model_dump(by_alias=True)})
    if len(configured) > MAX_SCORERS:
        problems.append(Problem(f"{len(configured)} scorers are more than {MAX_SCORERS}"))
    if problems:
        raise InvalidInput("; ".join(map(str, problems)), problems)
    return resolved


def parse(config: Mapping[str, Any]) -> tuple[Scorer, str]:
    """The scorer that `config` describes, and the name it asks for. Raises InvalidInput in words."""
    if not isinstance(config, Mapping):
        raise InvalidInput('a scorer is an object such as {"type": "exact"}')
    kind = KINDS.get(str(config.get("type")))
    if kind is None:
        raise InvalidInput(f"there is no scorer {config.get('type')!r}; there are {', '.join(KINDS)}")
    parameters = {key: value for key, value in config.items() if key not in {"type", "name"}}
    try:
        scorer = kind.model_validate(parameters)
    except ValidationError as error:
        raise InvalidInput(f"{kind.type}: {_in_words(error)}") from None
    return scorer, str(config.get("name") or kind.type)[:90]


def _in_words(error: ValidationError) -> str:
    parts = []
    for problem in error.errors():
        where = ".".join(map(str, problem["loc"]))
        what = problem["msg"].removeprefix("Value error, ")
        parts.append(f"{where}: {what}" if where else what)
    return "; ".join(parts)


def _free(name: str, taken: set[str]) -> str:
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name} {number}", number + 1
    return candidate


def build_scorers(resolved: Sequence[Mapping[str, Any]]) -> dict[str, Scorer]:
    """The scorers of a run that are code, by name; its judges are asked (`judging.py`)."""
    return {config["name"]: parse(config)[0] for config in resolved if config["type"] != Judge.type}


def judge_output(output: str, item: "Item", scorers: Mapping[str, Scorer]) -> list[dict[str, Any]]:
    """The scores of one output as rows: one for each scorer, and one for the case's own checks, if it has
    any.
    """
    judged = {name: judge(scorer, output, item.golden) for name, scorer in scorers.items()}
    if item.checks:
        judged[CHECKS] = _all_checks(output, item)
    return [score_row(name, one) for name, one in judged.items()]


def score_row(name: str, judged: Judgement) -> dict[str, Any]:
    """A judgement as it is stored."""
    return {
        "scorer": name,
        "value": judged.value,
        "passed": judged.passed,
        "reason": _storable(judged.reason),
    }


def judge(scorer: Scorer, output: str, golden: Golden) -> Judgement:
    """What `scorer` says; an error inside it is the scorer's, and never a zero."""
    try:
        return scorer.score(output, golden)
    except Exception as error:  # noqa: BLE001 - a scorer's mistake must not stop a run
        return not_judged(f"The scorer failed: {type(error).__name__}: {error}")


def _all_checks(output: str, item: "Item") -> Judgement:
    """Passed where all of the case's checks are; the value is the share of those that are."""
    judged = []
    for config in item.checks:
        try:
            scorer, name = parse(config)
        except InvalidInput as error:
            return not_judged(f"A check of the case is wrong: {error}")
        judged.append((name, judge(scorer, output, item.golden)))
    known = [one for _, one in judged if one.passed is not None]
    failed = [f"{name}: {one.reason}" for name, one in judged if not one.passed]
    if len(known) < len(judged):
        return not_judged("; ".join(failed))
    return Judgement(sum(bool(one.passed) for one in known) / len(known), not failed, "; ".join(failed))


def _storable(reason: str) -> str:
    return reason.encode(errors="replace").decode().replace("\x00", "\N{REPLACEMENT CHARACTER}")[:1000]
