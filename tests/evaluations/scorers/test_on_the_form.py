"""Every kind on the form, made from its parameters."""

import json
from typing import Any

import pytest
from django import forms

from aiops.evaluations import scorers
from aiops.evaluations.forms.scoring import ScorersForm

NEW: dict[str, dict[str, Any]] = {
    "pydantic": {"shape": "list[record]", "record": {"名": "str"}, "allow_fence": True},
    "date": {"pick": "any", "order": "day first", "relative_to": "ordered", "days_after": 14},
    "sql": {"fixture": "CREATE TABLE t (a int);\nINSERT INTO t VALUES (1);", "allow_fence": True},
    "similarity": {"threshold": 0.5},
    "keywords": {"words": ["返金", "refund"], "match": "any"},
    "refusal": {"expect": "refusal"},
    "readability": {"measure": "words per sentence", "most": 20.0},
}


@pytest.mark.parametrize("kind", NEW)
def test_stored_parameters_come_back_from_the_form_as_they_were(kind):
    stored = scorers.resolve([{"type": kind, **NEW[kind]}])
    shown = ScorersForm.initial_of(stored)
    form = ScorersForm({name: "on" if value is True else value for name, value in shown.items() if value})
    assert form.is_valid(), form.errors
    assert scorers.resolve(form.configured) == stored


def test_each_kind_says_what_it_is():
    blocks = list(ScorersForm().blocks())
    assert len({block.title for block in blocks}) == len(scorers.KINDS)
    assert all(block.about.strip() for block in blocks)


def test_long_parameters_get_room():
    fixture = ScorersForm().fields["sql-fixture"]
    assert isinstance(fixture.widget, forms.Textarea)
    assert isinstance(ScorersForm().fields["pydantic-shape"].widget, forms.TextInput)


def test_what_a_kind_refuses_is_said_at_its_block():
    form = ScorersForm({"sql-on": "on", "sql-fixture": "DROP TABLE t", "readability-on": "on"})
    assert not form.is_valid()
    assert "a fixture is made of" in form.errors["sql-on"][0]
    assert "give `least`, `most` or both" in form.errors["readability-on"][0]


def test_resolved_parameters_are_json():
    every = [{"type": kind, **(NEW.get(kind) or example.example)} for kind, example in scorers.KINDS.items()]
    resolved = scorers.resolve(every)
    assert scorers.resolve(json.loads(json.dumps(resolved))) == resolved
