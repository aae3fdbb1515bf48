"""What stands in the checks box of a request, each with its words and what to do about it."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from aiops.core.errors import InvalidInput
from aiops.evaluations.models import Verdict
from aiops.prompts import format as prompt_format
from aiops.prompts.models import Version
from aiops.prompts.render import estimate_tokens
from aiops.providers.protocol import Message
from aiops.releases.queries import Grounds

GOOD, WARN, BAD = "good", "warn", "bad"
MUCH_LONGER = 1.2  # times the tokens of what is in production


@dataclass(frozen=True, slots=True)
class Check:
    """`state` is good, warn or bad; `url` leads to the evidence or to what mends it."""

    name: str
    state: str
    words: str
    url: str = ""
    action: str = ""


def checks(grounds: Grounds) -> list[Check]:
    version = grounds.request.version
    return [_approval(grounds), _verdict(grounds), _variables(version), _schema(version), _size(grounds)]


def _approval(grounds: Grounds) -> Check:
    name = "Second person"
    if grounds.approval:
        return Check(name, GOOD, f"{grounds.approval.by} approved v{grounds.request.version.number}.")
    if grounds.answers:
        return Check(name, BAD, "Changes are asked for.")
    if grounds.needs_approval:
        return Check(name, WARN, "Nobody has approved it yet.")
    return Check(name, WARN, "Four eyes are off in this workspace: one person alone may ship.")


def _verdict(grounds: Grounds) -> Check:
    name = "Evaluation"
    if grounds.live is None:
        return _first(grounds, name)
    if grounds.live.pk == grounds.request.version_id:
        return Check(name, GOOD, "In production.")
    verdict = grounds.verdict
    if verdict is None:
        return _unjudged(grounds, name, grounds.live)
    url = reverse("evaluations:verdict", args=[verdict.pk])
    if verdict.lets_ship:
        state = GOOD if verdict.outcome == Verdict.Outcome.PASS else WARN
        return Check(name, state, grounds.evidence, url, "Open")
    return Check(name, BAD, str(verdict), url, "Open")


def _unjudged(grounds: Grounds, name: str, live: Version) -> Check:
    words = f"No verdict against v{live.number}, which is in production."
    if run := grounds.finished_run:
        return Check(name, BAD, words, reverse("evaluations:compare", args=[run.pk]), f"Compare {run}")
    return Check(name, BAD, words, _start_url(grounds), "Start an evaluation")


def _first(grounds: Grounds, name: str) -> Check:
    if run := grounds.finished_run:
        words = f"Nothing is in production to compare with. {run} has finished."
        return Check(name, GOOD, words, reverse("evaluations:run", args=[run.pk]), "Open")
    words = "Never evaluated. As a first version it needs one finished evaluation."
    return Check(name, BAD, words, _start_url(grounds), "Start an evaluation")


def _start_url(grounds: Grounds) -> str:
    return f"{reverse('evaluations:start')}?{urlencode({'version': grounds.request.version_id})}"


def _variables(version: Version) -> Check:
    try:
        file = prompt_format.parse(bytes(version.source), name=version.prompt.name)
    except InvalidInput as error:  # made under rules that were looser
        return Check("Variables", BAD, f"{error}.")
    declared = ", ".join(version.variables) or "none"
    if unused := prompt_format.warnings(file):
        return Check("Variables", WARN, "; ".join(problem.message for problem in unused).capitalize() + ".")
    return Check("Variables", GOOD, f"Declared and used: {declared}.")


def _schema(version: Version) -> Check:
    if version.output_schema is None:
        return Check("Output schema", GOOD, "None: the output is free text.")
    fields = ", ".join(version.output_schema.get("properties", {}))
    return Check("Output schema", GOOD, f"Valid JSON Schema{f': {fields}' if fields else ''}.")


def _size(grounds: Grounds) -> Check:
    tokens = _tokens(grounds.request.version)
    words = f"About {tokens:,} tokens before the inputs"
    if grounds.live is None or grounds.live.pk == grounds.request.version_id:
        return Check("Size", GOOD, f"{words}.")
    before = _tokens(grounds.live)
    state = WARN if tokens > MUCH_LONGER * before else GOOD
    return Check("Size", state, f"{words}; v{grounds.live.number} has {before:,}.")


def _tokens(version: Version) -> int:
    """Of the templates as they stand, their variables by name."""
    return estimate_tokens(Message(row["role"], row["template"]) for row in version.messages)
