"""Providers that are left alone: what counts as their failure, and who may find out that they are back."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from aiops.gateway.circuit import FAILURES, PAUSE, Circuits
from aiops.gateway.errors import OverBudget
from aiops.gateway.memory import MemoryLedger, MemoryVendors, memory_world
from aiops.gateway.pipeline import compose, stages
from aiops.gateway.stages.approach import Approach
from aiops.providers.errors import Broken, ServerError, Unreachable
from tests.gateway.world import Vendor, make_call, make_model

PATIENT = {"retry_loop": {"failures": 1000}}


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def opened(clock: Clock) -> Circuits:
    """The provider's pause is over: one call may find out."""
    circuits = Circuits(clock)
    for _ in range(FAILURES):
        circuits.failed("vendor", ServerError("x"))
    clock.seconds += PAUSE
    return circuits


def test_a_vendor_that_hangs_beyond_the_deadline_again_and_again_is_left_alone():
    slow = Vendor("Too late.", seconds=5)
    world = memory_world(vendors=MemoryVendors({"small": slow, "large": Vendor("Large.")}))
    policy = {"router": {"candidates": ["large"]}, "breaker": PATIENT}
    models = (make_model(), make_model("large", provider="other"))

    async def go() -> list[str]:
        handle = compose(stages(world))
        calls = [make_call(policy, seconds=0.01, models=models) for _ in range(FAILURES)]
        replies = [await handle(call) for call in calls]
        return [one.outcome for one in [*replies, await handle(make_call(policy, models=models))]]

    assert asyncio.run(go()) == ["refused"] * FAILURES + ["answered"]
    assert len(slow.asked) == FAILURES


def test_a_caller_who_leaves_does_not_leave_the_provider_shut():
    circuits = opened(Clock())
    world = memory_world(vendors=MemoryVendors({"small": Vendor("x", seconds=5)}))

    async def go() -> None:
        call = replace(make_call(), models=(make_model(),))
        task = asyncio.create_task(Approach(world, circuits).by_model(call))
        await asyncio.sleep(0)
        assert not circuits.closed("vendor")
        task.cancel()
        await asyncio.wait({task})

    asyncio.run(go())
    assert circuits.closed("vendor")


def test_a_call_without_money_does_not_leave_the_provider_shut():
    circuits = opened(Clock())
    world = memory_world(ledger=MemoryLedger(limit=Decimal(0)))

    async def go() -> None:
        with pytest.raises(OverBudget):
            await Approach(world, circuits).by_model(replace(make_call(), models=(make_model(),)))

    asyncio.run(go())
    assert circuits.closed("vendor")


@pytest.mark.parametrize(("error", "cost"), [(Broken("cut"), "0.05"), (Unreachable("refused"), "0")])
def test_an_answer_that_breaks_off_may_be_billed_and_a_vendor_that_is_not_reached_is_not(error, cost):
    world = memory_world(vendors=MemoryVendors({"small": Vendor(error)}))

    async def go() -> None:
        call = replace(make_call({"attempts": 1}), models=(make_model(),))
        with pytest.raises(Exception, match=r"The last error"):
            await Approach(world).by_model(call)
        assert call.trace.cost >= Decimal(cost)
        assert (call.trace.cost == 0) == (cost == "0")

    asyncio.run(go())
