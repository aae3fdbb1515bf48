"""What the demo consists of, read from `content/`: the manifest, and the files that it names."""

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

FOLDER = Path(__file__).parent / "content"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Account(_Part):
    email: str
    name: str
    roles: tuple[str, ...]
    languages: tuple[str, ...]


class Rates(_Part):
    """USD per million tokens from a day on."""

    effective: date
    input: Decimal
    cached_input: Decimal
    output: Decimal


class Model(_Part):
    tier: Literal["small", "large"]
    context_tokens: int
    prices: tuple[Rates, ...]


class SetVersion(_Part):
    """A file of cases to import, then to freeze with a note."""

    file: str
    note: str

    @property
    def path(self) -> Path:
        return FOLDER / "datasets" / f"{self.file}.jsonl"


class GoldenSet(_Part):
    description: str
    scorers: tuple[dict[str, Any], ...]
    versions: tuple[SetVersion, ...]


class RuleSet(_Part):
    """Rules in files, `notes` by version number, from 1."""

    name: str
    description: str
    notes: dict[int, str]


class Classifier(_Part):
    """A classifier with one version, trained from the first version of the feature's golden set."""

    name: str
    description: str
    note: str


class Feature(_Part):
    """A feature with the prompt and the dataset of the same name. `notes` by version number, from 1.

    `production` is the version that is live in the end, `begins` the one that was before its reviews.
    """

    name: str
    description: str
    production: int
    begins: int | None = None
    notes: dict[int, str]
    dataset: GoldenSet
    rules: RuleSet | None = None
    classifier: Classifier | None = None


class Comment(_Part):
    """Said about a review, or about the line that holds `line`; `settled` where it is dealt with."""

    by: str
    text: str
    line: str = ""
    settled: bool = False


class Answer(_Part):
    by: str
    answer: Literal["approved", "changes"]
    text: str


class Review(_Part):
    """A request for review by whoever started the run; `shipped` says why it was, and is empty where not."""

    title: str
    description: str
    comments: tuple[Comment, ...]
    answers: tuple[Answer, ...]
    shipped: str = ""


class Graded(_Part):
    """People who grade `each` results of a run, drawn at random for each of them."""

    by: tuple[str, ...]
    each: int


class Run(_Part):
    """An evaluation, `ago` days before loading, on version `dataset` of the feature's golden set.

    `version` is one of the feature's prompt on `model`, else of what `by_the` names. `review` is opened for
    it once it is judged. `judges` are scorers besides those of the golden set.
    """

    feature: str
    version: int
    model: str = ""
    by_the: Literal["prompt", "rules", "classifier"] = "prompt"
    dataset: int = Field(default=1, alias="set")
    ago: int
    by: str
    note: str = ""
    review: Review | None = None
    judges: tuple[dict[str, Any], ...] = ()
    graded: Graded | None = None

    def __str__(self) -> str:
        with_what = f"on {self.model}" if self.model else f"by the {self.by_the}"
        return f"{self.feature} v{self.version} {with_what}"


class Manifest(_Part):
    """`rubrics`: the notes of the versions of prompts that belong to no feature, since judges use them."""

    tenants: dict[str, str]
    accounts: tuple[Account, ...]
    models: dict[str, Model]
    rubrics: dict[str, dict[int, str]]
    features: dict[str, Feature]
    runs: tuple[Run, ...]


@cache
def manifest() -> Manifest:
    """`content/workspace.yaml`, checked."""
    return Manifest.model_validate(yaml.safe_load((FOLDER / "workspace.yaml").read_text(encoding="utf-8")))


def prompt_source(name: str, version: int) -> bytes:
    """The `.prompt` file of a version."""
    return (FOLDER / "prompts" / name / f"v{version}.prompt").read_bytes()


def rules_source(feature: str, version: int) -> str:
    """The rules of a version, as their author wrote them."""
    return (FOLDER / "rules" / feature / f"v{version}.yaml").read_text(encoding="utf-8")
