import numpy as np
import pytest

from aiops.monitoring.drift import facts, windows
from aiops.monitoring.drift.facts import Light, Texts

ENGLISH = "The parcel has not arrived yet, and the customer asks for the money back."
JAPANESE = "お客様の商品はまだ届いていません。返金を希望されています。"


def light(number=1, **values):
    known = {
        "id": f"call_{number:026}", "tenant": "acme", "user": f"u{number}", "locale": "en",
        "category": "refund", "serving": "reply v1", "candidate": False, "answered": True,
        "failed": None, "cost": 0.002, "latency_ms": 400.0,
    }  # fmt: skip  # pairs, read as a table
    return Light(**{**known, **values})


def texts(output=ENGLISH, asked="Where is my parcel?", score=None):
    return Texts({"ticket": asked} if asked is not None else None, output, score)


def test_a_window_counts_all_and_reads_a_sample():
    calls = [light(n, failed=n == 3, locale="ja" if n < 3 else "en") for n in range(1, 6)]
    found = windows.made(calls, {call.id: texts() for call in calls})
    assert (found.calls, found.answers) == (5, 5)
    assert found.rates["format_fails"] == {"ja": [0, 2], "en": [1, 3]}
    assert found.rates["wrong_language"] == {"ja": [2, 2], "en": [0, 3]}
    assert found.rates["refusals"] == {"ja": [0, 2], "en": [0, 3]}
    assert found.mixes == {"topics": {"refund": 5}, "languages": {"en": 3, "ja": 2}}
    values = [19, len(ENGLISH), 0.002, 400, np.nan]
    assert np.exp(found.sample.values[0]) == pytest.approx(values, nan_ok=True)


def test_what_was_not_answered_has_no_output():
    found = windows.made([light(answered=False)], {light().id: texts("", score=0.4)})
    assert (found.answers, found.rates["refusals"]) == (0, {})
    assert np.isnan(found.sample.values[0]).tolist() == [False, True, True, True, False]
    assert found.sample.flags.tolist() == [[-1, -1, -1]]


def test_without_texts_nothing_is_said_of_them():
    found = windows.made([light()], {light().id: Texts(None, None, None)})
    assert np.isnan(found.sample.values[0]).tolist() == [True, True, False, False, True]
    assert not found.sample.inputs.any()


def test_a_sample_is_the_same_whoever_draws_it():
    calls = [light(n) for n in range(500)]
    assert windows.drawn(calls) == windows.drawn(calls[::-1])
    assert len(windows.drawn(calls)) == windows.SAMPLE


def test_a_sample_comes_back_as_it_was_packed():
    calls = [light(n, locale=f"l{n % 3}") for n in range(10)]
    sample = windows.made(calls, {call.id: texts() for call in calls}).sample
    again = windows.unpacked(windows.packed(sample))
    for name in windows.Sample.__slots__:
        one, other = getattr(sample, name), getattr(again, name)
        assert one == other if name == "names" else np.array_equal(one, other, equal_nan=name == "values")
    thin = windows.thinned(again)
    assert (len(thin), len(thin.inputs), bytes(thin.ids[0])) == (10, 10, b"")
    empty = windows.made([], {}).sample
    assert (len(windows.unpacked(windows.packed(empty))), empty.names) == (0, ())


def test_a_mix_of_very_many_names_is_cut():
    calls = [light(n, category=f"c{n}") for n in range(windows.MOST_NAMES + 5)]
    topics = windows.made(calls, {}).mixes["topics"]
    assert (len(topics), topics["other"]) == (windows.MOST_NAMES + 1, 5)


@pytest.mark.parametrize(
    ("output", "locale", "other"),
    [
        (ENGLISH, "en-GB", False),
        (ENGLISH, "ja", True),
        (JAPANESE, "ja", False),
        (JAPANESE, "zh", False),
        ('{"summary": "The parcel has not arrived, she wants it soon."}', "de", True),
        ("ok", "de", None),
        (ENGLISH, "", None),
        (ENGLISH, "xx", None),
    ],
)
def test_the_language_of_an_answer_is_held_against_the_locale(output, locale, other):
    assert facts.in_other_language(output, locale) is other


def test_a_session_is_a_users_calls():
    assert light(1, user="a").session == light(2, user="a").session
    assert light(1, user="a").session != light(1, user="a", tenant="globex").session
    assert light(1, user="").session != light(2, user="").session


def test_a_vector_is_as_long_whatever_the_text():
    for text in (ENGLISH, JAPANESE, "!"):
        values = np.frombuffer(facts.vector(text), np.int8).astype(float)
        assert (values**2).sum() ** 0.5 == pytest.approx(127, abs=4)
