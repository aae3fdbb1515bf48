import numpy as np
import pytest

from aiops.monitoring.drift import deciding, permuting, statistics
from tests.vectors import differences, vectors


def _answer(asked):
    asked = dict(asked)
    name = asked.pop("fn")
    if name in COUNTS:
        return getattr(statistics, name)(**asked)
    if name in BLOCKS:
        return getattr(permuting, name)(**asked)
    if name == "bh":
        adjusted = deciding.adjusted(asked["p"])
        return {"adjusted": adjusted, "rejected": [p <= deciding.ALPHA for p in adjusted]}
    if name == "shiryaev_roberts":
        path, alarms = deciding.shiryaev_roberts(asked["p"], asked["threshold"])
        return {"path": path, "alarms": alarms}
    return deciding.state(**asked).value


COUNTS, BLOCKS = ("psi", "rate_change", "counts_test"), ("ks_blocks", "mmd_blocks")
NAMES = (*COUNTS, *BLOCKS, "bh", "shiryaev_roberts", "drift_state")


@pytest.mark.parametrize("case", vectors("d_drift", *NAMES), ids=lambda case: case["name"])
def test_the_answer_is_the_vectors(case):
    assert differences(_answer(case["input"]), case["expect"], case["tolerance"]) == []


def test_psi_of_no_change_is_nothing():
    found = statistics.psi([100] * 10, [10] * 10)
    assert (found["psi"], found["alarm"]) == (0.0, False)
    assert found["limit"] == pytest.approx(0.238325937)


def test_thin_bins_are_merged_until_they_can_be_measured():
    reference, current = statistics.merged([1000, 10, 10, 980, 5], [60, 1, 1, 38, 0])
    assert (reference, current) == ([1000, 1005], [60, 40])
    assert statistics.psi(reference, current)["state"] == "measured"
    assert statistics.merged([], []) == ([], [])


def test_a_rate_counts_from_a_hundred_on_either_side():
    assert statistics.rate_change(900, 1000, 50, 63) == {"state": "collecting", "n": 63, "needed": 100}
    assert statistics.rate_change(9, 10, 50, 163)["n"] == 10
    found = statistics.rate_change(1860, 2000, 220, 250)
    assert (found["method"], found["practical"]) == ("chi2", True)
    assert found["p"] == pytest.approx(0.004798379)
    assert statistics.rate_change(3, 1000, 4, 200)["method"] == "fisher"
    assert statistics.rate_change(0, 1000, 0, 150)["p"] == 1.0


def test_drawn_splits_repeat_with_their_seed():
    draw = np.random.default_rng(1)
    reference = [draw.normal(size=5).tolist() for _ in range(30)]
    current = [draw.normal(loc=1.5, size=5).tolist() for _ in range(6)]
    one, two = (permuting.ks_blocks(reference, current, seed=7) for _ in range(2))
    assert one == two
    assert (one["splits"], one["p"]) == (500, 1 / 501)


def test_values_that_are_missing_are_left_out_and_counted():
    found = permuting.ks_blocks([[1, 2, float("nan")], [2, 3]], [[1, 2], [float("nan")]])
    assert found["missing"] == 2
    assert permuting.ks_blocks([[1, 1], [1]], [[1, 1]])["p"] == 1.0


def test_a_distance_of_vectors_is_told_in_standard_deviations():
    draw = np.random.default_rng(2)
    reference = [draw.normal(size=(4, 8)).tolist() for _ in range(40)]
    same = permuting.mmd_blocks(reference, [draw.normal(size=(4, 8)).tolist() for _ in range(20)], seed=1)
    moved = permuting.mmd_blocks(
        reference, [draw.normal(loc=1, size=(4, 8)).tolist() for _ in range(20)], seed=1
    )
    assert same["p"] > 0.05
    assert moved["p"] == 1 / 501
    assert (moved["mmd2"] / moved["spread"]) ** 0.5 > 0.2


def test_adjusted_p_values_are_benjamini_and_hochbergs():
    assert deciding.adjusted([0.001, 0.02, 0.04, 0.6]) == pytest.approx([0.004, 0.04, 0.16 / 3, 0.6])
    assert deciding.adjusted([]) == []


@pytest.mark.parametrize(
    ("p", "practical", "state"),
    [
        (None, None, "COLLECTING"),
        (0.01, True, "DRIFT"),
        (0.01, False, "SMALL_CHANGE"),
        (0.2, True, "UNPROVEN"),
        (0.2, False, "STEADY"),
    ],
)
def test_drift_is_significant_and_large(p, practical, state):
    assert deciding.state(measured=p is not None, p_adjusted=p, practical=practical) == state


def test_the_alarm_level_falls_to_nothing_after_a_page():
    path, alarms = deciding.shiryaev_roberts([[0.5, 0.3, 0.001, 0.0005, 0.002]], 100)
    assert alarms == [3]
    assert path[-1] == pytest.approx(0.5 / 0.002**0.5)
    assert deciding.shiryaev_roberts([[0.2, None, 0.2]], 100)[0][1] == pytest.approx(1.118, abs=1e-3)
    assert deciding.alarm_level({}) == 0.0


def test_the_dial_is_windows_for_each_false_page():
    assert deciding.threshold(1, "day") == 90
    assert deciding.threshold(1, "day", paces=2) == 180
    assert deciding.threshold(4, "hour") == 540


def test_quiet_traffic_pages_as_the_dial_says():
    draw, quarters, pages = np.random.default_rng(3), 60, 0
    for _ in range(quarters):
        _, alarms = deciding.shiryaev_roberts(draw.random((10, 90)).tolist(), deciding.threshold(1, "day"))
        pages += len(alarms)
    assert 0 < pages <= quarters + 2 * quarters**0.5


def test_a_fall_of_ten_points_is_drift_within_two_windows():
    draw = np.random.default_rng(4)

    def seen():
        passed = int(draw.binomial(2000, 0.9)), int(draw.binomial(200, 0.8))
        found = statistics.rate_change(passed[0], 2000, passed[1], 200)
        p = deciding.adjusted([found["p"], *draw.random(12)])[0]
        return deciding.state(measured=True, p_adjusted=p, practical=found["practical"]) == "DRIFT"

    assert np.mean([seen() or seen() for _ in range(200)]) >= 0.95
