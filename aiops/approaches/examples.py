"""What a classifier learns from: the cases of a frozen version as texts with labels."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from aiops.approaches import learning
from aiops.core.errors import InvalidInput, Problem
from aiops.datasets import queries as datasets
from aiops.datasets.models import Case, DatasetVersion

LEAST_CASES = 20
MOST_CASES = 20_000
MAX_LABEL = 200
MAX_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class Example:
    """One case; `cluster` is "" where it has none."""

    key: str
    text: str
    label: str
    category: str
    cluster: str

    @property
    def content(self) -> str:
        return digest(self.text)


def digest(text: str) -> str:
    """SHA-256 of the text as the model reads it: what it cannot tell apart is the same."""
    return hashlib.sha256(learning.folded(text).encode(errors="surrogatepass")).hexdigest()


def examples(version: DatasetVersion, variable: str) -> list[Example]:
    """Every case in order. Raises InvalidInput, with the cases, where one can't be learnt from or all are
    too few.
    """
    if not LEAST_CASES <= version.case_count <= MOST_CASES:
        raise InvalidInput(
            f"{version} has {version.case_count:,} cases; a classifier learns from {LEAST_CASES} to "
            f"{MOST_CASES:,}"
        )
    found: list[Example] = []
    problems: list[Problem] = []
    for case in _cases(version):
        example = _example(case, variable)
        if isinstance(example, Problem):
            problems.append(example)
        else:
            found.append(example)
    if problems:
        raise InvalidInput(
            f"{len(problems):,} cases can't be learnt from: {problems[0]}", problems[:MAX_PROBLEMS]
        )
    _enough(found)
    return found


def variable_of(version: DatasetVersion, asked: str) -> str:
    """The input to read: the one `asked` for, or the only one. Raises InvalidInput that names them."""
    first = datasets.cases_of(version).values_list("inputs", flat=True).first() or {}
    names: list[str] = sorted(first)
    if asked in names:
        return asked
    if not asked and len(names) == 1:
        return names[0]
    raise InvalidInput(f"choose the input to read; the cases of {version} have {', '.join(names) or 'none'}")


def _cases(version: DatasetVersion) -> Iterable[Case]:
    rows = datasets.cases_of(version).only("key", "inputs", "expected", "category", "metadata")
    return rows.iterator(chunk_size=2_000)


def _example(case: Case, variable: str) -> Example | Problem:
    label, text = case.expected, case.inputs.get(variable)
    if text is None:
        return Problem(f"has no input {variable!r}", case=case.key)
    if not isinstance(label, str) or not label.strip() or len(label) > MAX_LABEL:
        return Problem(
            f"its expected output is no label: a text of up to {MAX_LABEL} characters", case=case.key
        )
    cluster = case.metadata.get("cluster")
    return Example(case.key, text, label, case.category, "" if cluster is None else str(cluster))


def _enough(found: list[Example]) -> None:
    counts = Counter(example.label for example in found)
    if len(counts) < 2:
        raise InvalidInput("all cases have the same expected output: there is nothing to tell apart")
    if max(counts.values()) < learning.FOLDS:
        raise InvalidInput(f"no label has {learning.FOLDS} cases: add cases of each")
    texts = [example.text for example in found]
    if not any(text.strip() for text in texts):
        raise InvalidInput("all inputs are empty")
    groups = set(learning.together(texts, [example.cluster for example in found]))
    if len(groups) < learning.FOLDS:
        raise InvalidInput(f"the cases are {len(groups)} clusters, at least {learning.FOLDS} are needed")
