"""How good and how fast a classifier learns: Banking77, from its training cases to its test cases.

    python -m benchmarks.classifier_banking77 [DIRECTORY]

`DIRECTORY` (../shared/data) holds banking77_train.jsonl and banking77_test.jsonl. Prints accuracy and
seconds; ends with 1 where it is below 0.85, or takes more than 60 s for the folds and the model together.
"""

import json
import sys
import time
from pathlib import Path

from aiops.approaches import learning

LEAST, MOST_SECONDS = 0.85, 60.0


def main(folder: str = "../shared/data") -> int:
    texts, labels = cases(Path(folder) / "banking77_train.jsonl")
    asked, expected = cases(Path(folder) / "banking77_test.jsonl")
    begun = time.monotonic()
    right = 0
    for learnt, rest in learning.folds(texts, labels, [""] * len(texts)):
        part = learning.fit([texts[i] for i in learnt], [labels[i] for i in learnt])
        right += hits(part.guess([texts[i] for i in rest]), [labels[i] for i in rest])
    model = learning.fit(texts, labels)
    seconds = time.monotonic() - begun
    weights = learning.kept(model)
    accuracy = hits(learning.read(weights, model.labels).guess(asked), expected) / len(asked)
    print(f"cases          {len(texts):,} learnt, {len(asked):,} asked, {len(model.labels)} labels")
    print(f"accuracy       {accuracy:.4f} on the test cases, {right / len(texts):.4f} out of fold")
    print(f"training       {seconds:.1f} s for {learning.FOLDS} folds and the model")
    print(f"weights        {len(weights) / 1e6:.1f} MB, {len(model.terms):,} terms")
    print(f"one answer     {milliseconds(model, asked[:200]):.2f} ms")
    return 0 if accuracy >= LEAST and seconds <= MOST_SECONDS else 1


def cases(path: Path) -> tuple[list[str], list[str]]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [row["inputs"]["message"] for row in rows], [row["expected"] for row in rows]


def hits(guesses: list[learning.Guess], expected: list[str]) -> int:
    return sum(guess.label == label for guess, label in zip(guesses, expected, strict=True))


def milliseconds(model: learning.Model, texts: list[str]) -> float:
    begun = time.perf_counter()
    for text in texts:
        model.guess([text])
    return (time.perf_counter() - begun) * 1000 / len(texts)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
