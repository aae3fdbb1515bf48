"""What a judge answers, and several answers as one judgement."""

import json

import pytest

from aiops.evaluations.scorers.judge_reply import (
    MAX_REPLY,
    Garbled,
    Grade,
    Heard,
    Preference,
    Ruling,
    judgement,
    read,
)

PASS = '{"verdict": "pass", "reason": "Complete."}'


def ruled(*verdicts):
    return [Heard(Ruling(verdict=verdict, reason=f"{n}.")) for n, verdict in enumerate(verdicts, 1)]


def graded(*scores):
    return [Heard(Grade(score=score, reason=f"{n}.")) for n, score in enumerate(scores, 1)]


@pytest.mark.parametrize(
    "text",
    [
        PASS,
        f"\n  {PASS}\n",
        f"```json\n{PASS}\n```",
        f"```\n{PASS}\n```",
        '{"verdict": "pass", "reason": "Complete.", "confidence": 0.9}',
    ],
)
def test_a_verdict_bare_or_fenced(text):
    assert read(text, Ruling) == Ruling(verdict="pass", reason="Complete.")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "did not answer with the JSON object asked for: nothing"),
        ("Pass!", "did not answer with the JSON object asked for: Pass!"),
        (f"The output says {PASS}", "did not answer with the JSON object"),
        (f"{PASS}\n{PASS}", "did not answer with the JSON object"),
        (f"Here it is:\n```json\n{PASS}\n```", "did not answer with the JSON object"),
        (f"```json\n{PASS}\n```\n```json\n{PASS}\n```", "did not answer with the JSON object"),
        (PASS[:-1], "did not answer with the JSON object"),
        ('{"verdict": "fail", "verdict": "pass", "reason": "x"}', "did not answer with the JSON object"),
        ("[" * 5000, "did not answer with the JSON object"),
        ("x" * (MAX_REPLY + 1), "gave 20,001 characters instead of a short JSON object"),
        (f"[{PASS}]", "gave JSON that does not fit"),
        ('{"verdict": "maybe", "reason": "x"}', "gave JSON that does not fit (verdict: "),
        ('{"verdict": true, "reason": "x"}', "gave JSON that does not fit (verdict: "),
        ('{"verdict": "pass"}', "gave JSON that does not fit (reason: "),
        ('{"verdict": "pass", "reason": ""}', "gave JSON that does not fit (reason: "),
        ("null", "gave JSON that does not fit"),
    ],
)
def test_anything_else_is_an_error_of_the_judge(text, words):
    with pytest.raises(Garbled) as refused:
        read(text, Ruling)
    assert str(refused.value).startswith(words)


@pytest.mark.parametrize("score", ['"4"', "4.0", "0", "6", "true", "null", "NaN", "9" * 5000])
def test_a_score_is_a_whole_number_from_one_to_five(score):
    with pytest.raises(Garbled):
        read(f'{{"score": {score}, "reason": "x"}}', Grade)


def test_grades_and_preferences_are_read_alike():
    assert read('{"score": 5, "reason": "x"}', Grade).score == 5
    assert read('{"better": "tie", "reason": "x"}', Preference).better == "tie"
    with pytest.raises(Garbled):
        read(PASS, Preference)


@pytest.mark.parametrize(
    ("verdicts", "value", "passed", "reason"),
    [
        (["pass"], 1.0, True, "1."),
        (["fail"], 0.0, False, "1."),
        (["pass", "fail", "pass"], 2 / 3, True, "2 of 3 say pass. 1."),
        (["pass", "fail", "fail"], 1 / 3, False, "1 of 3 say pass. 2."),
        (["pass", "fail"], 0.5, False, "1 of 2 say pass. 2."),
    ],
)
def test_pass_or_fail_by_majority_and_a_tie_fails(verdicts, value, passed, reason):
    found = judgement(ruled(*verdicts), pass_at=4)
    assert (found.value, found.passed, found.reason) == (value, passed, reason)


@pytest.mark.parametrize(
    ("scores", "value", "passed", "reason"),
    [
        ([1], 0.0, False, "1 of 5. 1."),
        ([5], 1.0, True, "5 of 5. 1."),
        ([4, 5, 3], 0.75, True, "4, 5, 3 of 5, mean 4.0. 1."),
        ([3, 4], 0.625, False, "3, 4 of 5, mean 3.5. 1."),
    ],
)
def test_one_to_five_by_the_mean(scores, value, passed, reason):
    found = judgement(graded(*scores), pass_at=4)
    assert (found.value, found.passed, found.reason) == (value, passed, reason)


def test_answers_that_failed_are_left_out_and_said():
    heard = [Heard(None, "timed out"), *ruled("pass"), Heard(None, "x")]
    found = judgement(heard, pass_at=4)
    assert (found.value, found.passed, found.reason) == (1.0, True, "1. (2 of 3 answers unusable)")


def test_without_a_usable_answer_it_is_missing_and_never_a_zero():
    found = judgement([Heard(None, "timed out"), Heard(None, "said nothing")], pass_at=4)
    assert (found.value, found.passed, found.reason) == (None, None, "The judge timed out")


def test_halves_of_characters_in_a_reason_are_no_error():
    text = json.dumps({"verdict": "pass", "reason": "a\ud800b"})
    assert read(text, Ruling).reason == "a?b"
