import pytest

from aiops.core.errors import InvalidInput
from aiops.core.texts import normalise
from aiops.evaluations import scorers
from aiops.evaluations.scorers import base, numeric, token_f1
from aiops.evaluations.scorers.base import Golden, Judgement
from aiops.evaluations.work import Item


def judge(output, expected=None, *, locale="en", output_schema=None, **config):
    scorer, _ = scorers.parse(config)
    golden = Golden(expected=expected, locale=locale, output_schema=output_schema)
    return scorers.judge(scorer, output, golden)


def passed(output, expected=None, **config):
    return judge(output, expected, **config).passed


@pytest.mark.parametrize(
    ("output", "expected", "verdict"),
    [
        ("Refund", "refund", True),
        ("  refund\n", "refund", True),
        ("refund.", "refund", False),
        ("Ｒｅｆｕｎｄ", "refund", True),
        ("Straße", "STRASSE", True),
        ("返金", "返金", True),
        ("返金", "返品", False),
        ("café", "cafe\u0301", True),
        ("استرداد", "استرداد", True),
        ("", "", True),
        ("b", ["a", "b"], True),
        ("c", ["a", "b"], False),
        ('{"b": 1.0, "a": [1, 2]}', {"a": [1, 2], "b": 1}, True),
        ('```json\n{"a": 1}\n```', {"a": 1}, True),
        ('{"a": true}', {"a": 1}, False),
        ('{"a": [2, 1]}', {"a": [1, 2]}, False),
        ("not json", {"a": 1}, False),
        ("42", 42, True),
    ],
)
def test_exact(output, expected, verdict):
    assert passed(output, expected, type="exact") is verdict


def test_exact_may_be_strict_or_lenient():
    assert passed("Refund", "refund", type="exact", ignore_case=False) is False
    assert passed("re  fund", "re fund", type="exact", ignore_whitespace=False) is False
    assert passed("«refund»!", "refund", type="exact", ignore_punctuation=True) is True


def test_exact_says_what_it_expected():
    assert (
        judge("delivery", ["refund", "billing"], type="exact").reason
        == "Expected refund or billing, got delivery."
    )


@pytest.mark.parametrize("kind", ["exact", "numeric", "token_f1", "contains", "json_schema"])
def test_without_anything_to_compare_with_there_is_no_score(kind):
    assert judge("42", None, type=kind).value is None
    assert judge("42", None, type=kind).passed is None


def test_contains_all_any_and_share():
    assert judge("A refund is due", type="contains", value=["refund", "tomorrow"]) == Judgement(
        0.5, False, "Not in the output: tomorrow."
    )
    assert passed("A refund is due", type="contains", value=["refund", "tomorrow"], match="any") is True
    assert passed("A refund is due", type="contains", value="REFUND") is True
    assert passed("A refund is due", type="contains", value="REFUND", ignore_case=False) is False
    assert passed("払い戻しは明日です", type="contains", value="明日") is True


def test_contains_takes_accepted_answers_as_alternatives():
    assert passed("It is Paris.", ["Paris", "City of Light"], type="contains") is True
    assert passed("It is Rome.", ["Paris", "City of Light"], type="contains") is False


def test_not_contains_names_what_it_found():
    assert judge("As an AI, I", type="not_contains", value=["as an ai"]).reason == "In the output: as an ai."
    assert passed("Hello", type="not_contains", value=["as an ai"]) is True


def test_regex():
    assert passed("ID: AB-12", type="regex", pattern=r"[A-Z]{2}-\d+") is True
    assert passed("ID: AB-12", type="regex", pattern=r"[A-Z]{2}-\d+", match="full") is False
    assert passed("id: ab-12", type="regex", pattern="AB", ignore_case=True) is True
    assert passed("call 555", type="regex", pattern=r"\d", must_not=True) is False
    assert passed("\u3042\u3044", type="regex", pattern=r"\p{Hiragana}+", match="full") is True


def test_a_regex_without_end_is_the_scorers_error_and_no_zero():
    judgement = judge("a" * 5000 + "b", type="regex", pattern=r"(a|aa)+$", match="full")
    assert (judgement.value, judgement.passed) == (None, None)
    assert judgement.reason.startswith("The scorer failed: TimeoutError")


@pytest.mark.parametrize(
    ("text", "locale", "numbers"),
    [
        ("The total is 1,234.50 dollars", "en", [1234.5]),
        ("Summe: 1.234,50 €", "de", [1234.5]),
        ("1.234", "de", [1234.0]),
        ("1.234", "en", [1.234]),
        ("1,234", "en", [1234.0]),
        ("1,234", "fr", [1.234]),
        ("1 234,5", "fr", [1234.5]),
        ("1\u202f234\u202f567", "fr", [1234567.0]),
        ("12’345.60", "de-CH", [12345.6]),
        ("1.234.567", "en", [1234567.0]),
        ("−3.5 and 4", "en", [-3.5, 4.0]),
        ("１２３円", "ja", [123.0]),
        ("6.02e23", "en", [6.02e23]),
        ("0,125", "en", [0.125]),
        (".5", "en", [0.5]),
        ("v2 is not a number", "en", []),
        ("between 10-20", "en", [10.0, 20.0]),
        ("On 3. May", "de", [3.0]),
        ("none", "en", []),
    ],
)
def test_numbers_in_the_habits_of_locales(text, locale, numbers):
    assert numeric.numbers_in(text, locale) == numbers


def test_numeric_tolerance():
    assert passed("about 101", 100, type="numeric", relative=0.01) is True
    assert passed("about 102", 100, type="numeric", relative=0.01) is False
    assert passed("0.30000000000000004", 0.3, type="numeric") is True
    assert passed("5 of 7", 5, type="numeric", pick="first") is True
    assert passed("5 of 7", 5, type="numeric") is False
    assert passed("5 of 7", "5", type="numeric", pick="any") is True
    assert passed("nothing", 5, type="numeric") is False
    assert passed("1", True, type="numeric") is None


SCHEMA = {
    "type": "object",
    "required": ["summary"],
    "properties": {"items": {"type": "array", "items": {"type": "number"}}, "summary": {"type": "string"}},
}


def test_json_schema_names_the_path_of_each_violation():
    judgement = judge('{"items": [1, "x"]}', output_schema=SCHEMA, type="json_schema")
    assert judgement.passed is False
    assert judgement.reason == "$: 'summary' is a required property; $.items[1]: 'x' is not of type 'number'"


def test_json_schema_of_its_own_wins_over_the_versions():
    assert passed("[]", output_schema=SCHEMA, type="json_schema") is False
    assert passed("[]", output_schema=SCHEMA, type="json_schema", schema={"type": "array"}) is True


def test_json_schema_takes_no_markdown_unless_told():
    fenced = '```json\n{"summary": "s"}\n```'
    assert passed(fenced, output_schema=SCHEMA, type="json_schema") is False
    assert passed(fenced, output_schema=SCHEMA, type="json_schema", allow_fence=True) is True


@pytest.mark.parametrize(
    ("output", "expected", "value"),
    [
        ("the cat sat", "The cat sat.", 1.0),
        ("cat", "cat sat", 2 / 3),
        ("dog", "cat", 0.0),
        ("", "cat", 0.0),
        ("the", "a", 1.0),
        ("東京都", "東京", 0.8),
        ("iPhoneを返品", "iphoneを 返品", 1.0),
    ],
)
def test_token_f1(output, expected, value):
    assert token_f1.f1(output, expected) == pytest.approx(value)


def test_token_f1_takes_the_best_answer_and_passes_only_with_a_threshold():
    assert judge("cat", ["dog", "cat sat"], type="token_f1").value == pytest.approx(2 / 3)
    assert judge("cat", ["dog", "cat sat"], type="token_f1").passed is None
    assert passed("cat", ["dog", "cat sat"], type="token_f1", threshold=0.6) is True
    assert judge("cat", "cat sat", type="token_f1", threshold=0.7).reason == "0.67 is below 0.7."


@pytest.mark.parametrize(
    ("output", "config", "verdict"),
    [
        ("one two three", {"most": 3}, True),
        ("one two three", {"most": 2}, False),
        ("one", {"least": 2}, False),
        ("返金します", {"most": 5}, True),
        ("返金します", {"most": 4}, False),
        ("abc", {"unit": "characters", "most": 3}, True),
        ("a\nb\n", {"unit": "lines", "most": 2}, True),
        ("One. Two! Three", {"unit": "sentences", "least": 3, "most": 3}, True),
        ("一。二。", {"unit": "sentences", "most": 2}, True),
        ("3.5 is one", {"unit": "sentences", "most": 1}, True),
    ],
)
def test_length(output, config, verdict):
    assert passed(output, type="length", **config) is verdict


ENGLISH = "The customer asks for a refund because the parcel arrived late."
GERMAN = "Der Kunde bittet um eine Erstattung, weil das Paket verspätet ankam."
JAPANESE = "荷物が遅れたため、お客様は返金を求めています。"


def test_language_of_the_case():
    assert passed(JAPANESE, locale="ja", type="language") is True
    assert judge(ENGLISH, locale="ja", type="language").reason == "The output is in en, expected ja."
    assert passed(GERMAN, locale="de-AT", type="language") is True
    assert passed(GERMAN, locale="en", type="language", language="de") is True


def test_language_counts_the_texts_of_json_and_not_its_keys():
    answer = f'{{"summary_of_the_customer_request": "{GERMAN}", "sentiment": 3, "parts": [null]}}'
    assert passed(answer, locale="de", type="language") is True


@pytest.mark.parametrize(
    ("output", "locale"), [("OK", "en"), ("返金希望", "ja"), ("", "en"), (ENGLISH, ""), (ENGLISH, "tlh")]
)
def test_language_that_cannot_be_told_is_no_score(output, locale):
    assert judge(output, locale=locale, type="language").passed is None


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"type": "exact", "casing": 1}, "exact: casing: Extra inputs are not permitted"),
        ({"type": "length"}, "length: give `least`, `most` or both"),
        ({"type": "length", "least": 3, "most": 2}, "length: `least` is more than `most`"),
        (
            {"type": "regex", "pattern": "("},
            "regex: pattern: not a regular expression: missing ) at position 1",
        ),
        ({"type": "contains", "value": [" "]}, "contains: value: an empty text is contained in everything"),
        (
            {"type": "json_schema", "schema": {"type": 3}},
            "json_schema: schema: not a JSON schema: 3 is not valid",
        ),
        ({"type": "language", "language": "xx"}, "language: language: 'xx' is not one of ar,"),
        ({"type": "vibes"}, "there is no scorer 'vibes'; there are exact,"),
        ("exact", 'a scorer is an object such as {"type": "exact"}'),
    ],
)
def test_wrong_parameters_are_refused_in_words(config, message):
    with pytest.raises(InvalidInput) as refusal:
        scorers.parse(config)
    assert str(refusal.value).startswith(message)


def test_resolve_completes_parameters_and_gives_each_its_name():
    resolved = scorers.resolve(
        [{"type": "exact"}, {"type": "exact", "ignore_case": False}, {"type": "exact", "name": "checks"}]
    )
    assert [scorer["name"] for scorer in resolved] == ["exact", "exact 2", "checks 2"]
    assert resolved[0] == {
        "name": "exact",
        "type": "exact",
        "ignore_case": True,
        "ignore_whitespace": True,
        "ignore_punctuation": False,
    }
    assert scorers.resolve(resolved) == resolved


def test_resolve_says_which_scorers_are_wrong():
    with pytest.raises(InvalidInput) as refusal:
        scorers.resolve([{"type": "exact"}, {"type": "vibes"}, {"type": "length"}])
    assert [problem.message.split(":")[0] for problem in refusal.value.problems] == ["scorer 2", "scorer 3"]


def test_resolve_has_a_limit():
    with pytest.raises(InvalidInput, match="21 scorers are more than 20"):
        scorers.resolve([{"type": "exact"}] * 21)


@pytest.mark.parametrize("kind", list(scorers.KINDS))
def test_the_example_of_each_kind_is_right(kind):
    scorers.parse({"type": kind, **scorers.KINDS[kind].example})


def item(*checks):
    return Item(case_id=1, repeat=0, golden=Golden(expected="refund", locale="en"), checks=checks)


def test_checks_of_a_case_are_one_score():
    checks = ({"type": "contains", "value": "refund"}, {"type": "length", "most": 1})
    assert scorers.judge_output("refund today", item(*checks), {}) == [
        {"scorer": "checks", "value": 0.5, "passed": False, "reason": "length: 2 words, more than 1."}
    ]


def test_a_check_that_cannot_judge_leaves_no_score():
    assert scorers.judge_output("x", item({"type": "vibes"}), {})[0]["passed"] is None
    assert scorers.judge_output("x", item({"type": "language"}), {})[0]["passed"] is None


def test_reasons_can_be_stored_whatever_the_output_holds():
    rows = scorers.judge_output(
        "a\x00\ud800b", item(), scorers.build_scorers(scorers.resolve([{"type": "exact"}]))
    )
    assert rows[0]["reason"] == "Expected refund, got a\N{REPLACEMENT CHARACTER}?b."


def test_shorten_and_words():
    assert base.shorten("a  b" * 10, 8) == "a ba ba…"
    assert normalise.words("Hello, 世界 wide-web") == ["hello", "世", "界", "wide", "web"]
