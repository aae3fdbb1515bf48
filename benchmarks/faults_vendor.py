"""Vendors that hang, break off, answer nonsense or refuse: bounded in time, in order, every cent counted.

    python -m benchmarks.faults_vendor [--deadline 1.5]

One gateway; each fault has a feature that may turn to a good model after it, and one that has nothing else.
Then a vendor that goes on hanging is left alone, and callers leave while they wait and within a stream.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from benchmarks._callers import Answer, ask, ask_all, opened, outcomes, request
from benchmarks._faults import Checks, Stage, chat_body, staged, unnamed
from benchmarks._ledgered import paid, recorded, settled

BROKEN = ("reset", "cut", "html", "truncated", "empty")  # nobody knows what they cost
REFUSING = ("limited", "error-500", "error-503")  # these cost nothing
ODD = ("no-usage", "negative-usage", "absurd-usage", "text-usage")  # answers whose usage is none: estimated
SILENT = ("hang", "late-stream")
RATE = Decimal("0.000002")
WORST = 1024 * RATE  # of one attempt: input is free
TEXT = [{"kind": "cached"}, {"kind": "text", "text": "Please try again later."}]


def main() -> int:
    options, checks = _options(), Checks()
    with staged() as stage:
        from tests.factories import make_budget  # noqa: PLC0415 - needs the settings

        budget = make_budget(tenant=None, amount=1000)
        good = features(stage, options.deadline)
        tight = make_budget(tenant=None, feature=stage.features["above-hold-then-good"], amount=WORST)
        stage.start_gateways(1)
        answers = asyncio.run(met(stage, checks, good, options.deadline))
        stage.until(lambda: stage.asked()["late-30"].get("gone"), 5)
        print(f"     all records stored {settled(stage):.1f} s later")
        wrong = unnamed(answers)
        checks(not wrong, f"{len(wrong)} errors that the contract does not name {wrong[:3]}")
        recorded(checks, [one.call for one in answers if one.call])
        counted(checks)
        spent = paid(checks, budget)
        paid(checks, tight)
        overrun = tight.periods.get().overrun
        checks(
            overrun == 50_000 * RATE - WORST, f"beyond a budget that had just its hold: overrun ${overrun}"
        )
        print(f"     ${spent} in all; the vendor's counts: {stage.asked()}")
    return checks.code


def features(stage: Stage, deadline: float) -> str:
    """Each fault before a good model, and alone; the good model's name."""
    good = stage.model("good")
    facts: dict[str, Any] = {"deadline_seconds": deadline, "cache": {"on": False}}
    candidates = {"router": {"candidates": [good.name]}, "fallbacks": TEXT}
    for kind in (*BROKEN, *REFUSING, *ODD, *SILENT, "above-hold", "broken-stream"):
        stage.feature(f"{kind}-then-good", stage.model(kind), **facts, **candidates)
        stage.feature(f"{kind}-alone", stage.model(kind), **facts)
    stage.feature("left", stage.model("late-30"), deadline_seconds=60)
    stage.feature("left-stream", stage.model("slow-stream"), deadline_seconds=60)
    return str(good.name)


async def met(stage: Stage, checks: Checks, good: str, deadline: float) -> list[Answer]:
    answers = await turning(stage, checks, good)
    answers += await alone(stage, checks)
    answers += await silence(stage, checks, deadline)
    answers += await left_alone(stage, checks, good)
    answers += await streams(stage, checks)
    longest = max(one.seconds for one in answers)
    checks(
        longest < deadline + 1.2,
        f"{len(answers)} calls, the longest took {longest:.1f} s of {deadline:g} + 1",
    )
    await leaving(stage, checks)
    return answers


async def call(stage: Stage, feature: str, **more: Any) -> Answer:
    body = chat_body(feature, f"Where is parcel {time.monotonic_ns()}?", **more)
    return await ask(stage.chat, body, stage.headers)


async def turning(stage: Stage, checks: Checks, good: str) -> list[Answer]:
    answers = []
    for kind in (*BROKEN, *REFUSING):
        answer = await call(stage, f"{kind}-then-good")
        model = answer.headers.get("x-aiops-model")
        checks((answer.outcome, model) == ("answered", good), f"{kind}: {answer.outcome} by the next model")
        answers.append(answer)
    for kind in (*ODD, "above-hold"):
        answer = await call(stage, f"{kind}-then-good")
        cost = Decimal(answer.headers.get("x-aiops-cost-usd", "0"))
        checks(answer.outcome == "answered" and cost > 0, f"{kind}: {answer.outcome}, ${cost}")
        answers.append(answer)
    return answers


async def alone(stage: Stage, checks: Checks) -> list[Answer]:
    answers = [await call(stage, f"{kind}-alone") for kind in (*BROKEN, *REFUSING)]
    checks(set(outcomes(answers)) == {"502 provider_error"}, f"with nothing else: {outcomes(answers)}")
    return answers


async def silence(stage: Stage, checks: Checks, deadline: float) -> list[Answer]:
    answers = []
    for feature, stream, wanted in (
        ("hang-then-good", False, "degraded timeout"),
        ("hang-alone", False, "504 deadline_exceeded"),
        ("late-stream-then-good", True, "degraded timeout"),
        ("late-stream-alone", True, "504 deadline_exceeded"),
    ):
        answer = await call(stage, feature, stream=stream)
        close = deadline - 0.2 < answer.seconds < deadline + 0.5
        checks(
            answer.outcome == wanted and close, f"{feature}: {answer.outcome} after {answer.seconds:.2f} s"
        )
        answers.append(answer)
    return answers


async def left_alone(stage: Stage, checks: Checks, good: str) -> list[Answer]:
    """A vendor that hangs again and again is not asked: the next model answers at once."""
    bodies = [chat_body("hang-then-good", f"Where is parcel {number}?") for number in range(6)]
    first = [one for one in await ask_all(stage.chat, bodies, stage.headers) if one]
    before = stage.asked()["hang"]["asked"]
    answers = [await call(stage, "hang-then-good") for _ in range(5)]
    longest = max(one.seconds for one in answers)
    models = {one.headers.get("x-aiops-model") for one in answers}
    asked = stage.asked()["hang"]["asked"] - before
    words = (
        f"after {len(first)} more: {outcomes(answers)} within {longest * 1000:.0f} ms, asked {asked} times"
    )
    checks((models, asked) == ({good}, 0) and longest < 0.5, f"a circuit opens {words}")
    return first + answers


async def streams(stage: Stage, checks: Checks) -> list[Answer]:
    answer = await call(stage, "broken-stream-alone", stream=True)
    said = answer.body.count(b'"content":"word'), b'"code":"provider_error"' in answer.body
    ended = b"[DONE]" in answer.body
    checks(
        said == (3, True) and not ended, "a stream that breaks: its pieces, then an error event, no [DONE]"
    )
    return [answer]


async def leaving(stage: Stage, checks: Checks) -> None:
    """Callers who close the connection: while they wait, and after two pieces of a stream."""
    for feature, kind, stream in (("left", "late-30", False), ("left-stream", "slow-stream", True)):
        reader, writer = await opened(stage.chat)
        writer.write(request(stage.chat, chat_body(feature, "Where is it?", stream=stream), stage.headers))
        if stream:
            await reader.readuntil(b"word 1")
        while not stage.asked().get(kind):  # noqa: ASYNC110 - the vendor is another process
            await asyncio.sleep(0.02)
        begun = time.monotonic()
        writer.close()
        gone = 0
        while not gone and time.monotonic() < begun + 5:
            await asyncio.sleep(0.02)
            gone = stage.asked()[kind].get("gone", 0)
        seconds = time.monotonic() - begun
        checks(
            gone and seconds < 1,
            f"a caller leaves {feature}: the vendor sees it {seconds * 1000:.0f} ms later",
        )


def counted(checks: Checks) -> None:
    """What each kind of failure was charged with."""
    costs_of(
        checks, [f"{kind}-alone" for kind in BROKEN], "may have been billed: the worst case", many(WORST)
    )
    costs_of(checks, [f"{kind}-alone" for kind in REFUSING], "said no: nothing", {Decimal(0)})
    costs_of(checks, [f"{kind}-alone" for kind in SILENT], "hung: the worst case", many(WORST))
    costs_of(checks, ["left", "left-stream"], "the caller left: the worst case", many(WORST))
    costs_of(checks, ["above-hold-then-good"], "billed above its hold: what it says", {50_000 * RATE})


def many(worst: Decimal) -> set[Decimal]:
    """One or two attempts."""
    return {worst, 2 * worst}


def costs_of(checks: Checks, features: Sequence[str], words: str, allowed: set[Decimal]) -> None:
    from aiops.gateway.models import Call  # noqa: PLC0415 - needs the settings

    rows = list(Call.objects.filter(feature__in=features).values_list("feature", "cost"))
    found = {cost for _, cost in rows}
    checks(rows and found <= allowed, f"{words}: {len(rows)} calls, {sorted(map(str, found))} USD each")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--deadline", type=float, default=1.5, help="seconds")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
