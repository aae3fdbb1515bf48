"""What lies in front of the person: a prompt's text, inputs, models; from an address or from a form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import Http404

from aiops.accounts.access import load
from aiops.accounts.models import User
from aiops.catalog import queries as catalog
from aiops.catalog.models import Model
from aiops.datasets import queries as datasets
from aiops.datasets.models import Case, Dataset
from aiops.evaluations.models import Trial
from aiops.evaluations.playground.asking import draft_of
from aiops.evaluations.playground.limits import MODELS
from aiops.evaluations.playground.recent import trials
from aiops.prompts import format as prompt_format
from aiops.prompts import queries as prompts
from aiops.prompts.forms import scaffold
from aiops.prompts.models import Prompt, Version


@dataclass(frozen=True, slots=True)
class Desk:
    """`begun` is the version that the text began with, None where the prompt has none. `inputs` are those to
    begin with.
    """

    prompt: Prompt
    begun: Version | None
    source: str
    models: Sequence[Model]
    case: Case | None = None
    trial: Trial | None = None
    inputs: Mapping[str, str] | None = None

    @property
    def changed(self) -> bool:
        """Whether the text is a draft."""
        return self.begun is None or text_of(self.begun) != plain(self.source)

    def version(self) -> Version:
        """What is tried: the stored version, or the draft. Raises InvalidInput with problems by line."""
        if self.begun is not None and not self.changed:
            return self.begun
        return draft_of(self.prompt, self.source)

    def filled(self, inputs: Mapping[str, str]) -> dict[str, str]:
        """`inputs` without those that were left empty, unless the case has them so: most likely forgotten."""
        known = self.case.inputs if self.case else {}
        return {name: text for name, text in inputs.items() if text or known.get(name) == ""}

    def same_as_case(self, inputs: Mapping[str, str]) -> bool:
        """Whether `inputs` are the case's, as far as they are asked for."""
        if self.case is None:
            return False
        known = self.case.inputs
        return all(plain(known.get(name, "")) == plain(text) for name, text in inputs.items())


def text_of(version: Version) -> str:
    """The text of a version's file."""
    return prompt_format.decode(bytes(version.source))


def plain(text: str) -> str:
    """`text` with the line ends that browsers change."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def from_address(asked: Mapping[str, str], models: Sequence[str], user: User) -> Desk | None:
    """What `?prompt=&version=&dataset=&case=&trial=` name; None where there is no prompt at all. 404 for what
    does not exist.
    """
    if asked.get("trial", ""):
        return _again(asked["trial"], asked)
    case = case_named(asked.get("dataset", ""), asked.get("case", ""))
    prompt = _prompt(asked.get("prompt", ""), case, user)
    if prompt is None:
        return None
    begun = _version(prompt, asked.get("version", ""))
    return Desk(
        prompt=prompt,
        begun=begun,
        source=text_of(begun) if begun else scaffold(prompt),
        models=_models(models, begun),
        case=case,
        inputs=case.inputs if case else None,
    )


def _again(number: str, asked: Mapping[str, str]) -> Desk:
    """A trial opened again; with another case's inputs where the address names one."""
    if not number.isdecimal() or len(number) > 15:
        raise Http404("There is no such trial.")
    trial = load(trials(), pk=int(number))
    called = {call.model_id for call in trial.calls.all()}
    case = case_named(asked.get("dataset", ""), asked.get("case", "")) or trial.case
    return Desk(
        prompt=trial.prompt,
        begun=trial.version,
        source=trial.draft or text_of(trial.version),  # type: ignore[arg-type]  # one of the two, by CHECK
        models=list(catalog.priced_models().filter(pk__in=called)),
        case=case,
        trial=trial,
        inputs=trial.inputs if case == trial.case else case.inputs,  # type: ignore[union-attr]  # other than the trial's
    )


def case_named(dataset: str, key: str) -> Case | None:
    """The case as it was last, in the draft or not any more; the draft's first one where none is named."""
    if not dataset:
        return None
    found = load(Dataset.objects.all(), name=dataset)
    rows = datasets.history(found, key) if key else datasets.draft_cases(found)
    case = rows.select_related("dataset").first()
    if key and case is None:
        raise Http404(f"{dataset} has no case with the id {key[:200]}.")
    return case


def _prompt(name: str, case: Case | None, user: User) -> Prompt | None:
    """The named one, or that of the case's feature, or the one that the person tried last, or any."""
    rows = Prompt.objects.select_related("feature")
    if name:
        return load(rows, name=name)
    if case is not None and case.dataset.feature_id:
        of_feature = rows.filter(feature=case.dataset.feature_id, versions__isnull=False).first()
        if of_feature is not None:
            return of_feature
    last = trials().filter(created_by=user).first()
    return last.prompt if last else rows.order_by("name").first()


def _version(prompt: Prompt, number: str) -> Version | None:
    rows = prompt.versions.select_related("prompt")
    found = rows.filter(number=int(number)).first() if number.isdecimal() and len(number) < 9 else None
    return found or prompts.latest_version(prompt)


def _models(names: Sequence[str], version: Version | None) -> list[Model]:
    """The named ones that may be called, else the one that the version suggests, else any."""
    priced = catalog.priced_models()
    wanted = [name for name in names if name][:MODELS] or ([version.model] if version else [])
    found = {model.name: model for model in priced.filter(name__in=wanted)}
    ordered = [found[name] for name in dict.fromkeys(wanted) if name in found]
    return ordered or list(priced.order_by("name")[:1])
