"""How well documents are found, and how fast they are loaded.

    python -m benchmarks.retrieval_quality [FOLDER QUESTIONS.jsonl] [--copies N]

`FOLDER` has documents, a line of `QUESTIONS` is {"inputs": {"question"}, "locale", "metadata": {"document"}};
null: no document answers it. Full text, vectors alone and both fused are asked the same. The database is the
one of DATABASE_URL, else an embedded one that is thrown away. Without arguments: the demo's documents.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

WAYS = {
    "full text": {"by_vector": 0.0},
    "vectors": {"by_text": 0.0},
    "hybrid": {},
}
GRID = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4)
FEATURE, MEASURED = "measured", 5
LEAST = 1000  # documents a minute
DEMO = Path(__file__).parents[1] / "aiops" / "demo" / "content"


def begin(stack: ExitStack) -> None:
    """Django on a database of its own, migrated."""
    from aiops.operations.postgres import Postgres  # noqa: PLC0415 - before Django's settings are read

    os.environ.setdefault("SECRET_KEY", "benchmark" * 8)  # noqa: TID251 - the program sets up its own process
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aiops.settings")  # noqa: TID251 - as above
    if "DATABASE_URL" not in os.environ:  # noqa: TID251 - as above
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aiops-bench-", dir="/tmp")))
        server = Postgres(folder / "data", folder / "run")
        server.prepare()
        process = server.start(folder / "log")
        stack.callback(process.wait)
        stack.callback(process.terminate)
        server.wait()
        server.ensure_database("measured")
        os.environ["DATABASE_URL"] = server.url("measured")  # noqa: TID251 - as above
    import django  # noqa: PLC0415 - after the settings
    from django.core.management import call_command  # noqa: PLC0415 - as above

    django.setup()
    call_command("migrate", verbosity=0)


def load(slug: str, folder: Path, copies: int = 1) -> float:
    """All documents so often; documents a minute."""
    from aiops.core.actors import SystemActor  # noqa: PLC0415 - after Django's set-up
    from aiops.features.models import Feature  # noqa: PLC0415 - as above
    from aiops.knowledge import actions  # noqa: PLC0415 - as above
    from aiops.knowledge.folders import files_in  # noqa: PLC0415 - as above
    from aiops.knowledge.reading import File  # noqa: PLC0415 - as above

    feature, _ = Feature.objects.get_or_create(slug=slug, defaults={"name": slug})
    files = [
        File(f"{number}/{file.path}", file.body + b"\n" * number) if number else file
        for number in range(copies)
        for file in files_in(folder)[0]
    ]
    begun = time.perf_counter()
    actions.load_documents(by=SystemActor("benchmark"), feature=feature, name="docs", files=files)
    return 60 * len(files) / (time.perf_counter() - begun)


def places(questions: Sequence[Mapping[str, Any]], weights: Mapping[str, float]) -> dict[str, list[float]]:
    """The reciprocal place of the right document among the passages' documents, by locale."""
    from aiops.knowledge.searching import search  # noqa: PLC0415 - after Django's set-up

    found: dict[str, list[float]] = defaultdict(list)
    for one in questions:
        if (right := one["metadata"].get("document")) is None:
            continue
        rows = search(FEATURE, one["inputs"]["question"], locale=one["locale"], most=50, weights=weights)
        paths = list(dict.fromkeys(row.path for row in rows))
        found[one["locale"]].append(1 / (paths.index(right) + 1) if right in paths else 0.0)
    return found


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def told(name: str, found: Mapping[str, Sequence[float]]) -> tuple[float, float]:
    """Print one way's line for each locale and for all; hit rate and MRR of all."""
    for locale, values in (*sorted(found.items()), ("all", [one for rows in found.values() for one in rows])):
        hits = [one >= 1 / MEASURED for one in values]
        print(
            f"{name:10} {locale:4} n={len(values):3}  hit@{MEASURED} {mean(hits):.3f}  MRR {mean(values):.3f}"
        )
    return mean(hits), mean(values)


def scores(questions: Sequence[Mapping[str, Any]]) -> tuple[list[float], list[float]]:
    """The best score of each question: of those with an answer, and of those without."""
    from aiops.knowledge.searching import search  # noqa: PLC0415 - after Django's set-up

    found: dict[bool, list[float]] = {True: [], False: []}
    for one in questions:
        rows = search(FEATURE, one["inputs"]["question"], locale=one["locale"])
        known = one["metadata"].get("document") is not None
        found[known].append(max((row.score for row in rows), default=0.0))
    return found[True], found[False]


def interval(count: int, of: int) -> str:
    from statsmodels.stats.proportion import proportion_confint  # noqa: PLC0415 - slow to load

    low, high = proportion_confint(count, of, method="wilson")
    return f"{count} of {of} = {count / of:.1%} [{low:.1%}, {high:.1%}]"


def threshold(answerable: Sequence[float], unanswerable: Sequence[float]) -> float:
    """Print the grid; the threshold with the fewest wrong in percent of each kind together."""
    best = (2.0, 0.0)
    for least in GRID:
        refused, accepted = sum(one < least for one in answerable), sum(one >= least for one in unanswerable)
        best = min(best, (refused / len(answerable) + accepted / len(unanswerable), least))
        print(
            f"score {least:.2f}  false refusals {interval(refused, len(answerable))}  "
            f"false accepts {interval(accepted, len(unanswerable))}"
        )
    return best[1]


def held_out(answerable: Sequence[float], unanswerable: Sequence[float]) -> None:
    """Choose on one half of the questions, count on the other, both ways round."""
    wrong = [0, 0]
    for half in (0, 1):
        known, unknown = answerable[half::2], unanswerable[half::2]
        least = min(GRID, key=lambda t: mean([s < t for s in known]) + mean([s >= t for s in unknown]))
        wrong[0] += sum(one < least for one in answerable[1 - half :: 2])
        wrong[1] += sum(one >= least for one in unanswerable[1 - half :: 2])
    print(
        f"chosen on one half, counted on the other: false refusals {interval(wrong[0], len(answerable))}, "
        f"false accepts {interval(wrong[1], len(unanswerable))}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", default=DEMO / "documents")
    parser.add_argument("questions", type=Path, nargs="?", default=DEMO / "datasets" / "policy-answers.jsonl")
    parser.add_argument("--copies", type=int, default=9, help="of the folder, to measure the loading")
    options = parser.parse_args()
    questions = [json.loads(line) for line in options.questions.read_text(encoding="utf-8").splitlines()]
    with ExitStack() as stack:
        begin(stack)
        load(FEATURE, options.folder)
        results = {name: told(name, places(questions, weights)) for name, weights in WAYS.items()}
        hits, rank = results.pop("hybrid")
        better = all(hits >= other[0] and rank >= other[1] for other in results.values())
        print(f"hybrid is {'' if better else 'NOT '}at least as good as the better of the two")
        known, unknown = scores(questions)
        print(f"least score chosen: {threshold(known, unknown):.2f}")
        held_out(known, unknown)
        rate = load("many", options.folder, options.copies)
        print(f"loaded {rate:,.0f} documents a minute ({rate / LEAST:.1f} times {LEAST:,})")
    return 0 if better and rate >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
