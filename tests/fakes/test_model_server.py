"""The stand-in itself: its command, its rules of answering."""

import json
import subprocess
import sys

import httpx
import pytest

from tests.fakes.answers import expected_of, parse_answer


def asked(text):
    return {"messages": [{"role": "user", "content": text}]}


@pytest.mark.parametrize(
    ("rule", "text", "answer"),
    [
        ("echo", "hi", "hi"),
        ("fixed:yes: always", "hi", "yes: always"),
        ("label:card_arrival,refund_me", "Please Refund me now", "refund_me"),
        ("label:card_arrival,refund_me", "something else", "card_arrival"),
    ],
)
def test_answer_follows_the_rule(rule, text, answer):
    assert parse_answer(rule)(asked(text)) == answer


def test_expected_answers_come_from_a_dataset(tmp_path):
    rows = [{"id": str(n), "inputs": {"t": f"text number {n};"}, "expected": f"label {n}"} for n in range(4)]
    file = tmp_path / "cases.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows))
    answer = parse_answer(f"expected:{file}:3")
    assert [answer(asked(f"Classify: text number {n};")) for n in range(4)] == [
        "wrong",
        "label 1",
        "label 2",
        "wrong",
    ]
    assert expected_of(file)(asked("text number 3;")) == "label 3"
    assert answer(asked("none of them")) == "unknown"


@pytest.mark.slow
def test_command_prints_its_address_first():
    command = [sys.executable, "-m", "tests.fakes.model_server", "--answer", "fixed:hello"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        body = httpx.post(
            f"{url}/chat/completions", json={"model": "m", **asked("hi")}, trust_env=False
        ).json()
        process.terminate()
    assert body["choices"][0]["message"]["content"] == "hello"
