"""What a run will cost, before it is started: about, and at most."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Avg, F

from aiops.catalog import queries as catalog
from aiops.catalog.models import Model, Price
from aiops.catalog.pricing import cost, worst_case
from aiops.core import clock
from aiops.core.errors import InvalidInput
from aiops.core.money import ZERO
from aiops.datasets import queries as datasets
from aiops.datasets.models import Dataset, DatasetVersion
from aiops.evaluations.models import Result
from aiops.evaluations.work import parameters_of
from aiops.prompts.models import Version
from aiops.prompts.render import estimate_tokens, render
from aiops.providers.protocol import Message, Usage

SAMPLE = 400  # cases that are rendered; the rest counts as their average
RECENT_RESULTS = 500


@dataclass(frozen=True, slots=True)
class Estimate:
    """USD. `problems` are why cases of the sample can't be asked, each once; `unrenderable` counts them."""

    cases: int
    calls: int
    likely: Decimal
    most: Decimal
    sampled: int
    unrenderable: int
    problems: tuple[str, ...]
    known_output: bool  # the output's length comes from earlier runs, not from a guess
    answer: int = 0  # tokens of an answer, about
    answer_most: int = 0


def estimate(
    *, version: Version, model: Model, cases: DatasetVersion | Dataset, repeats: int
) -> Estimate | None:
    """The estimate for a frozen version or a draft; None where the model has no price."""
    price = catalog.price_at(model, clock.now())
    if price is None:
        return None
    count = cases.case_count
    sample = sample_of(cases)
    rendered, problems = _rendered(version, sample)
    max_tokens = int(parameters_of(version, model.max_output_tokens)["max_tokens"])
    output, known = _output_tokens(version, max_tokens)
    likely = sum((_likely(messages, output, price) for messages in rendered), ZERO)
    schema = version.output_schema
    most = sum((worst_case(messages, max_tokens, price, schema=schema) for messages in rendered), ZERO)
    calls = Decimal(count * repeats)
    per_case = calls / max(1, len(sample))
    return Estimate(
        cases=count,
        calls=int(calls),
        likely=likely * per_case,
        most=most * per_case,
        sampled=len(sample),
        unrenderable=len(sample) - len(rendered),
        problems=tuple(dict.fromkeys(problems))[:3],
        known_output=known,
        answer=output,
        answer_most=max_tokens,
    )


def sample_of(cases: DatasetVersion | Dataset) -> list[dict[str, str]]:
    """The inputs of up to `SAMPLE` cases, evenly from all of them."""
    rows = datasets.cases_of(cases) if isinstance(cases, DatasetVersion) else datasets.draft_cases(cases)
    step = max(1, -(-cases.case_count // SAMPLE))
    if step > 1:
        rows = rows.annotate(nth=F("position") % step).filter(nth=0)
    return list(rows.order_by("position", "id").values_list("inputs", flat=True)[:SAMPLE])


def _rendered(
    version: Version, sample: Sequence[dict[str, str]]
) -> tuple[list[tuple[Message, ...]], list[str]]:
    rendered, problems = [], []
    for inputs in sample:
        try:
            rendered.append(render(version, inputs))
        except InvalidInput as error:
            problems.append(str(error))
    return rendered, problems


def _likely(messages: tuple[Message, ...], output: int, price: Price) -> Decimal:
    return cost(Usage(input=estimate_tokens(messages), output=output), price)


def _output_tokens(version: Version, max_tokens: int) -> tuple[int, bool]:
    """Tokens of an answer: the average of this prompt's latest results, else a quarter of what is allowed."""
    latest = Result.objects.filter(run__version__prompt=version.prompt_id, error_kind="").order_by("-id")
    known = latest[:RECENT_RESULTS].aggregate(tokens=Avg(F("output_tokens") + F("reasoning_tokens")))[
        "tokens"
    ]
    return (round(known), True) if known is not None else (max_tokens // 4, False)
