"""From a stored version and inputs to an answer: the one face of rule sets and classifiers."""

import hashlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from aiops.approaches import learning, rules
from aiops.approaches.examples import digest
from aiops.approaches.face import Answer
from aiops.approaches.models import ClassifierVersion, OutOfFold, RuleSetVersion
from aiops.core.errors import Conflict, InvalidInput, Problem

MODELS = 32  # classifiers that a process keeps in memory


@dataclass(frozen=True, slots=True)
class ByRules:
    """The rules of `version` answer."""

    version: RuleSetVersion

    def answer(self, inputs: Mapping[str, str], locale: str = "") -> Answer:  # noqa: ARG002 - rules know no locale
        """Raises InvalidInput as `rules.decide` does."""
        program = rules.program(self.version.source)
        begun = time.perf_counter()
        decision = rules.decide(program, inputs)
        latency = _since(begun)
        if decision.rule is None:
            return Answer(decision.text, latency, "no rule fits: otherwise")
        name = f" ({decision.name})" if decision.name else ""
        return Answer(decision.text, latency, f"rule {decision.rule}{name}: {decision.because}")


@dataclass(frozen=True, slots=True)
class ByClassifier:
    """The model of `version` answers. Where it is `judged`, texts that it learnt from are answered by what a
    model said that had not seen them: an evaluation on its own cases stays honest. `said` holds that by the
    digest of the text, see `judged_on`; None: it is looked up for each.
    """

    version: ClassifierVersion
    judged: bool = False
    said: Mapping[str, OutOfFold] | None = None

    def answer(self, inputs: Mapping[str, str], locale: str = "") -> Answer:  # noqa: ARG002 - it knows no locale
        """Raises InvalidInput where its input is missing, Conflict where the weights are not its own."""
        variable = self.version.variable
        if variable not in inputs:
            message = f"the input {variable!r} is missing"
            raise InvalidInput(message, [Problem(message)])
        model = _model(self.version.pk)
        begun = time.perf_counter()
        guess = model.guess([inputs[variable]])[0]
        latency = _since(begun)
        unseen = self._unseen(inputs[variable]) if self.judged else None
        if unseen:
            words = f"out of fold {unseen.fold + 1}: it learnt from this text"
            return Answer(
                unseen.predicted, latency, words, confidence=unseen.confidence, fold=unseen.fold + 1
            )
        return Answer(guess.label, latency, "the likeliest label", confidence=guess.confidence)

    def _unseen(self, text: str) -> OutOfFold | None:
        return out_of_fold(self.version, text) if self.said is None else self.said.get(digest(text))


def judged_on(version: ClassifierVersion, texts: Iterable[str]) -> ByClassifier:
    """The classifier as an evaluation asks it about `texts`: what it learnt from is looked up at once."""
    contents = {digest(text) for text in texts}
    found = OutOfFold.objects.filter(version=version, content__in=contents)
    return ByClassifier(version, judged=True, said={row.content: row for row in found})


def out_of_fold(version: ClassifierVersion, text: str) -> OutOfFold | None:
    """What a model without this text said to it; None where no case of the training has it."""
    return OutOfFold.objects.filter(version=version, content=digest(text)).first()


def loaded(version_id: int) -> ByClassifier:
    """The classifier of a version, ready to answer without the database. Raises Conflict as it does."""
    version = ClassifierVersion.objects.defer("weights").get(pk=version_id)
    _model(version_id)
    return ByClassifier(version)


@lru_cache(maxsize=MODELS)
def _model(version_id: int) -> learning.Model:
    """Kept in memory: a version never changes."""
    version = ClassifierVersion.objects.get(pk=version_id)
    weights = bytes(version.weights)
    if hashlib.sha256(weights).hexdigest() != version.sha256:
        raise Conflict("the stored weights are not those that were trained: do not use this version")
    model = learning.read(weights, version.labels)
    model.guess([""])  # loads what it needs: no answer's latency
    return model


def _since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000
