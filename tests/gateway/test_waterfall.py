from aiops.gateway.waterfall import own_pieces, waterfall
from tests.factories.gateway import SPANS


def spans():
    return [
        {"stage": name, "begun_ms": begun, "ended_ms": ended, "decision": decision, "facts": facts}
        for name, begun, ended, decision, facts in SPANS
    ]


def attempt(**values):
    return {"model": "small", "provider": "v", "begun_ms": 3.0, "latency_ms": 80.0, "error": "", **values}


def test_a_stages_own_time_is_what_lies_outside_of_the_inner_ones():
    assert own_pieces((0, 9), [(2, 5)]) == [(0, 2), (5, 9)]
    assert own_pieces((0, 9), [(4, 9), (0, 3), (1, 2)]) == [(3, 4)]
    assert own_pieces((0, 9), [(0, 12)]) == []


def test_rows_follow_the_stages_and_attempts_come_last():
    made = waterfall(spans(), [attempt(), attempt(error="timed out")], 90.0)
    assert [row.name for row in made.rows] == [
        "Record", "Fallback", "Breaker", "Approach", "Model, attempt 1", "Model, attempt 2",
    ]  # fmt: skip  # short names, packed: they would fill the page
    assert [round(row.took, 1) for row in made.rows[:4]] == [1.1, 1.4, 2.5, 5.0]
    assert [row.failed for row in made.rows] == [False] * 5 + [True]
    assert made.rows[2].note == "worst 0.01"


def test_the_axis_has_round_steps():
    assert [tick.label for tick in waterfall(spans(), [], 90.0).ticks] == ["0", "50 ms"]
    assert [tick.label for tick in waterfall([], [attempt()], 1900.0).ticks] == [
        "0",
        "500 ms",
        "1 s",
        "1.5 s",
    ]
    assert waterfall([], [], 0.0).rows == []
