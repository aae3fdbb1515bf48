import asyncio

import pytest
from redis.exceptions import ConnectionError as RedisGone

from aiops.budgets import limits
from aiops.budgets.limits import Bound, Full, Limits

ACME = Bound("tenant:acme", requests=10, tokens=1000, at_once=2)


class Counter:
    """Redis in memory, shared by the processes of a test."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.away = False
        self.asked = 0

    async def add(self, key: str, amount: int, expire: int) -> int:
        self.asked += 1
        if self.away:
            raise RedisGone("away")
        self.counts[key] = self.counts.get(key, 0) + amount
        return self.counts[key]


class Clock:
    def __init__(self) -> None:
        self.seconds = 6000.0

    def __call__(self) -> float:
        return self.seconds


def admitted(processes: list[Limits], calls: int, bound: Bound, tokens: int = 1) -> int:
    """How many of `calls` get in, dealt out to the processes in turn; each leaves at once."""

    async def go() -> int:
        count = 0
        for number in range(calls):
            try:
                (await processes[number % len(processes)].enter([bound], tokens)).leave()
            except Full:
                continue
            count += 1
        return count

    return asyncio.run(go())


@pytest.mark.parametrize("limit", [1, 7, 100, 1000])
def test_all_processes_together_keep_a_limit_and_use_all_of_it(limit):
    counter, clock = Counter(), Clock()
    processes = [Limits(counter, now=clock) for _ in range(4)]
    assert admitted(processes, 3 * limit + 8, Bound("x", requests=limit)) == limit


def test_a_large_limit_needs_a_round_trip_for_a_hundredth_of_the_calls():
    counter = Counter()
    assert admitted([Limits(counter, now=Clock())], 1000, Bound("x", requests=10_000)) == 1000
    assert counter.asked == 10


def test_a_minute_that_goes_by_while_redis_is_asked_refuses_nobody():
    clock = Clock()

    class Slow(Counter):
        async def add(self, key: str, amount: int, expire: int) -> int:
            total = await super().add(key, amount, expire)
            if self.asked == 1:
                clock.seconds += 60
                process.headers([ACME])  # another call meets the new minute first
            return total

    process = Limits(Slow(), now=clock)
    inside = asyncio.run(process.enter([ACME], 1))
    assert inside.headers["x-ratelimit-remaining-requests"] == "9"


def test_a_new_minute_begins_afresh():
    counter, clock = Counter(), Clock()
    process = Limits(counter, now=clock)
    assert admitted([process], 20, ACME) == 10
    clock.seconds += 60
    assert admitted([process], 20, ACME) == 10


def test_tokens_count_as_well_and_the_error_says_which_limit_and_for_how_long():
    process = Limits(Counter(), now=Clock())
    assert admitted([process], 5, ACME, tokens=300) == 3
    with pytest.raises(Full) as caught:
        asyncio.run(process.enter([ACME], 300))
    error = caught.value
    assert (error.scope, error.what, error.limit, error.seconds) == (
        "tenant:acme",
        "tokens a minute",
        1000,
        60.0,
    )


def test_calls_at_once_are_a_share_of_the_limit():
    counter = Counter()
    one, other = (Limits(counter, processes=lambda: 2, now=Clock()) for _ in range(2))

    async def go() -> None:
        inside = await one.enter([ACME], 1)
        await other.enter([ACME], 1)
        for process in (one, other):
            with pytest.raises(Full, match="at once"):
                await process.enter([ACME], 1)
        inside.leave()
        inside.leave()
        await one.enter([ACME], 1)

    asyncio.run(go())


def test_without_redis_each_process_keeps_its_share():
    counter, clock = Counter(), Clock()
    counter.away = True
    processes = [Limits(counter, processes=lambda: 2, now=clock, clock=clock) for _ in range(2)]
    assert admitted(processes, 40, ACME) == 10
    assert counter.asked == 2
    assert [process.local_only for process in processes] == [True, True]
    counter.away = False
    clock.seconds += 60
    assert admitted(processes, 40, ACME) == 10
    assert [process.local_only for process in processes] == [False, False]
    assert admitted([Limits(None, now=clock)], 40, ACME) == 10


def test_a_redis_that_goes_and_comes_back_is_noticed_without_calls(monkeypatch):
    monkeypatch.setattr(limits, "RETRY", 0.0)
    counter = Counter()
    process = Limits(counter)

    async def until(*, local: bool) -> None:
        counter.away = local
        while process.local_only != local:  # noqa: ASYNC110 - its upkeep tells nobody
            await asyncio.sleep(0)

    async def go() -> None:
        upkeep = asyncio.create_task(process.run())
        await until(local=True)
        await until(local=False)
        upkeep.cancel()

    asyncio.run(go())


@pytest.mark.parametrize("jump", [-3600, 3600])
def test_a_clock_that_jumps_begins_another_minute_and_does_not_leave_redis_alone_for_an_hour(jump):
    counter, now, steady = Counter(), Clock(), Clock()
    process = Limits(counter, now=now, clock=steady)
    counter.away = True
    assert admitted([process], 5, ACME) == 5
    now.seconds += jump
    steady.seconds += limits.RETRY
    counter.away = False
    assert admitted([process], 20, ACME) == 10
    assert not process.local_only


def test_the_headers_say_what_is_left_of_the_tightest():
    process = Limits(Counter(), now=Clock())
    inside = asyncio.run(process.enter([ACME, Bound("key:k", requests=5)], 100))
    assert inside.headers == {
        "x-ratelimit-limit-requests": "5",
        "x-ratelimit-remaining-requests": "4",
        "x-ratelimit-reset-requests": "60s",
        "x-ratelimit-limit-tokens": "1000",
        "x-ratelimit-remaining-tokens": "900",
        "x-ratelimit-reset-tokens": "60s",
    }
