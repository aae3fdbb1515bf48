"""Naming the language of an input: right as a rule, and less often by the small model."""

import asyncio

import pytest

from aiops.providers.protocol import ChatRequest, Message
from aiops.providers.simulated import Simulated

ASKED = "Which language is it in? Answer with the label only: English, German, French, Spanish or Japanese."


def answer(text: str, model: str = "sim-large") -> str:
    request = ChatRequest(
        model=model,
        messages=(Message("system", ASKED), Message("user", f"<message>{text}</message>")),
        max_tokens=10,
    )
    return asyncio.run(Simulated({"time_scale": 0}).chat(request, timeout=5)).text


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Where is my parcel? It was due on Monday.", "English"),
        ("Wo bleibt mein Paket? Es sollte am Montag da sein.", "German"),
        ("Où est mon colis ? Il devait arriver lundi.", "French"),
        ("¿Dónde está mi paquete? Tenía que llegar el lunes.", "Spanish"),
        ("荷物はどこですか。月曜日に届く予定でした。", "Japanese"),
    ],
)
def test_the_language_is_named(text: str, label: str):
    assert answer(text) == label


def test_the_small_model_errs_more_often():
    texts = [f"Bitte prüfen Sie Bestellung HK-{number}." for number in range(300100, 300400)]
    wrong = {
        model: sum(answer(text, model) != "German" for text in texts) for model in ("sim-large", "sim-small")
    }
    assert 0 < wrong["sim-large"] < wrong["sim-small"] < 60
