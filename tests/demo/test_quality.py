"""The demo's story in the figures that its evaluations show, measured on the golden sets themselves."""

import pytest

from tests.demo.measure import measure, workspace

PROMPTS = [(slug, max(feature["notes"])) for slug, feature in workspace()["features"].items()]
IMPROVED = [(slug, version) for slug, version in PROMPTS if version > 1]


@pytest.mark.parametrize(("feature", "version"), PROMPTS)
def test_the_large_model_is_at_least_as_good_as_the_small_one(feature: str, version: int):
    assert measure(feature, version, "sim-large").share() >= measure(feature, version, "sim-small").share()


@pytest.mark.parametrize(("feature", "version"), IMPROVED)
def test_the_last_version_beats_the_first(feature: str, version: int):
    assert measure(feature, version).share() > measure(feature, 1).share() + 0.1


def test_summaries_get_better_from_version_to_version_on_average():
    shares = [measure("support-summary", version).share() for version in (1, 2, 3, 4)]
    assert shares == sorted(shares)
    assert shares[3] >= shares[2] + 0.02


def test_the_fourth_version_of_the_summary_breaks_japanese():
    before, after = measure("support-summary", 3), measure("support-summary", 4)
    assert before.share("ja") - after.share("ja") == pytest.approx(0.30, abs=0.08)
    for language in ("en", "de", "fr", "es"):
        assert after.share(language) >= before.share(language)


def test_japanese_summaries_break_because_they_are_english():
    reasons = [why for key, _, why in measure("support-summary", 4).failures if key.startswith("sum-ja")]
    english = [why for why in reasons if "in en, expected ja" in why]
    assert len(english) > len(reasons) * 0.7


def test_results_are_neither_perfect_nor_hopeless():
    for feature in workspace()["features"]:
        production = workspace()["features"][feature]["production"]
        assert 0.6 < measure(feature, production).share() < 1.0
