import asyncio
from datetime import UTC, datetime

import pytest

from aiops.providers.errors import BadReply, ProviderError, RateLimited, ServerError, Timeout
from aiops.providers.retry import ONCE, Policy, persist, seconds_to_wait

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
POLICY = Policy(attempts=4, base=1, cap=5, longest_retry_after=30)


def test_wait_doubles_up_to_the_cap():
    waits = [Policy(attempts=9, base=1, cap=5).wait(ServerError(""), n, 100, 1.0) for n in range(1, 6)]
    assert waits == [1, 2, 4, 5, 5]


def test_wait_is_drawn_from_zero():
    assert POLICY.wait(ServerError(""), 3, 100, 0.0) == 0


def test_error_that_again_does_not_help_is_final():
    assert POLICY.wait(BadReply(""), 1, 100, 0.5) is None


def test_last_attempt_is_final():
    assert POLICY.wait(ServerError(""), 4, 100, 0.5) is None
    assert ONCE.wait(ServerError(""), 1, 100, 0.5) is None


def test_retry_after_is_kept_and_spread_a_little():
    assert POLICY.wait(RateLimited("", retry_after=7), 1, 100, 0.5) == 7.5


def test_retry_after_is_capped():
    assert POLICY.wait(RateLimited("", retry_after=3600), 1, 100, 0) == 30


def test_wait_past_the_deadline_gives_up_at_once():
    assert POLICY.wait(RateLimited("", retry_after=7), 1, 6.9, 0) is None


def test_error_may_say_that_again_does_not_help():
    assert POLICY.wait(ServerError("", retryable=False), 1, 100, 0) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("1.5", 1.5),
        ("Mon, 23 Nov 2026 12:00:09 GMT", 9),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("Mon, 23 Nov 2026 12:00:09", 9),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_in_both_forms(header, seconds):
    assert seconds_to_wait(header, NOW) == seconds


def run(outcomes, *, timeout=10.0, policy=POLICY):
    """Drive `persist` over `outcomes`; gives the result and the waits, without waiting."""
    waits: list[float] = []

    async def attempt():
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def sleep(seconds):
        waits.append(seconds)

    got = asyncio.run(persist(attempt, timeout=timeout, policy=policy, sleep=sleep, chance=lambda: 0.5))
    return got, waits


def test_persist_counts_its_attempts():
    assert run([ServerError(""), ServerError(""), "fine"]) == (("fine", 3), [0.5, 1.0])


def test_persist_raises_the_last_error_with_the_number_of_attempts():
    with pytest.raises(RateLimited) as caught:
        run([ServerError(""), RateLimited("full", retry_after=60)], timeout=5)
    assert (caught.value.message, caught.value.attempts) == ("full", 2)


def test_persist_ends_a_silent_attempt_at_the_deadline():
    async def attempt():
        await asyncio.sleep(60)

    with pytest.raises(Timeout, match=r"No answer within 0\.02 s"):
        asyncio.run(persist(attempt, timeout=0.02, policy=POLICY))


def test_every_error_has_a_message_and_knows_whether_to_try_again():
    error = ProviderError("what happened", status=418, retry_after=3)
    assert (str(error), error.status, error.retry_after, error.retryable) == ("what happened", 418, 3, False)
