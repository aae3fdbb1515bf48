"""What the grading page shows of an item, and of a guideline."""

import pytest

from aiops.reviews import keys
from aiops.reviews.guidance import COMMON, guidance
from aiops.reviews.models import Reason, Scale, Skip
from aiops.reviews.sheet import sheet

PASSAGE = {
    "number": 1, "document": "returns.md", "title": "Returns", "url": "", "score": 0.8, "flagged": "",
    "text": "We answer in a day. Goods may be returned within 60 days. Keep the box.", "of_later": 1,
}  # fmt: skip  # pairs, read as a table


def test_short_inputs_stand_apart_from_long_ones():
    shown = sheet({"ticket": "Where is it? " * 9, "article": "Lamp", "count": 2}, "Here.", [])
    assert [name for name, _ in shown.texts] == ["ticket"]
    assert shown.facts == [("article", "Lamp"), ("count", "2")]


@pytest.mark.parametrize("inputs", [{"message": "Lamp"}, {"a": "x", "b": "y"}])
def test_inputs_that_are_all_short_are_texts(inputs):
    shown = sheet(inputs, "", None)
    assert ([name for name, _ in shown.texts], shown.facts) == (list(inputs), [])


def test_markup_of_a_caller_stays_text_and_json_is_a_tree():
    shown = sheet({"ticket": "<b>**Lamp**</b>", "order": '{"id": 1}'}, "", None)
    assert "&lt;b&gt;**Lamp**" in dict(shown.texts)["ticket"]
    assert 'class="tree"' in dict(shown.texts)["order"]


def test_a_cited_passage_shows_what_the_answer_stands_on():
    (source,) = sheet({}, "You have 60 days to return the goods [1].", [PASSAGE]).sources
    assert (source.number, source.title, source.is_cited) == (1, "Returns", True)
    assert source.quote == "Goods may be returned within 60 days."
    assert source.before + source.quote + source.after == PASSAGE["text"]


def test_a_passage_that_nobody_cites_has_no_quote():
    (source,) = sheet({}, "Ask [2] or [12].", [PASSAGE]).sources
    assert (source.quote, source.before, source.is_cited) == ("", PASSAGE["text"], False)


def test_a_stored_quote_is_taken_as_it_is():
    (source,) = sheet({}, "Yes [1].", [{**PASSAGE, "quote": "Keep the box."}]).sources
    assert source.quote == "Keep the box."


def test_texts_that_retention_took_are_not_there():
    shown = sheet(None, None, None)
    assert (shown.output, shown.texts, shown.sources) == (None, [], [])


def test_the_first_list_of_a_guideline_are_its_points():
    found = guidance("Intro\n\n- One **thing**\n  goes on\n- Two\n\n## Examples\n\n- Not a point")
    assert [("<strong>thing</strong><br>goes on" in point) for point in found.points] == [True, False]
    assert "Intro" in found.more
    assert "Not a point" in found.more


def test_a_guideline_without_a_list_is_all_text():
    found = guidance("Be kind.")
    assert (found.points, "Be kind." in found.more) == ([], True)


def test_what_holds_for_all_is_points_alone():
    assert (len(guidance(COMMON).points), guidance(COMMON).more) == (4, "")


@pytest.mark.parametrize("scale", Scale)
def test_no_key_means_two_things(scale):
    doing = [key.lower() for key, _ in keys.HELP]
    taken = [str(value) for value, _ in keys.GRADES[scale]] + [key for key, _ in keys.REASONS] + doing
    assert len(taken) == len(set(taken))


def test_each_reason_has_a_key_and_each_skip_too():
    assert {reason for _, reason in keys.REASONS} == set(Reason)
    assert [why for _, why in keys.SKIPS] == list(Skip.Why)
