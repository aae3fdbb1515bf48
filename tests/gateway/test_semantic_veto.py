"""What forbids that two questions share an answer; pairs of our own, beside those of the benchmark."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops.gateway.semantic.veto import fitting, veto

DIFFERENT = [
    ("Refund £20", "Refund £200", "number"),
    ("Show the last 5 orders", "Show the last orders", "number"),
    ("What is 3 minus 5?", "What is 5 minus 3?", "number"),
    ("How many days until 2026-03-01?", "How many days until 2026-03-10?", "number"),
    ("Why was there a fee on 3 March?", "Why was there a fee on 3 May?", "number"),
    ("The meeting is at 7 am", "The meeting is at 7 pm", "word"),
    ("-5 degrees", "5 degrees", "quotation or sign"),
    ("Is the shop open?", "Is the shop not open?", "negation"),
    ("Warum wurde sie akzeptiert?", "Warum wurde sie nicht akzeptiert?", "negation"),
    ("予約できますか？", "予約できませんか？", "negation"),
    ("هل يمكنني الدفع؟", "هل لا يمكنني الدفع؟", "negation"),
    ("Cancel order AB-1234", "Cancel order AB-1235", "number"),
    ("Sell my Apple shares", "Sell my Google shares", "name"),
    ("Did Ali pay Ben?", "Did Ben pay Ali?", "name"),
    ('What does "foo" mean?', 'What does "bar" mean?', "quotation or sign"),
    ("C++ lists", "C# lists", "quotation or sign"),
    ("A transfer from work", "A transfer to work", "direction"),
    ("Change dollars to euros", "Change euros to dollars", "direction"),
    ("Wann fährt der Zug von hier nach dort", "Wann fährt der Zug von dort nach hier", "direction"),
    ("كم رسوم من مصر الى الاردن؟", "كم رسوم من الاردن الى مصر؟", "direction"),
    ("Where is my card?", "カードはどこですか？", "language"),
    ("东京到大阪多少钱？", "大阪到东京多少钱？", "word"),
    ("我可以取消吗？", "我不可以取消吗？", "negation"),
    ("返金はいつですか", "返金はどこですか", "word"),
    ("内金から引く", "内金まで引く", "word"),
    ("내 카드는 언제 와요?", "내 폰은 언제 와요?", "word"),
    ("Is this legal?", "Is this illegal?", "word"),
    ("Is it all?", "Is it any?", "word"),
    ("It was open", "It is open", "word"),
    ("My boss hates me", "I hate my boss", "word"),
    ("dog bites man", "man bites dog", "order"),
    ("", "hello world", "language"),
    ("どこ", "いつ", "word"),
]
SAME = [
    ("What's the fee?", "what is the fee"),
    ("I can't see it", "I cannot see it."),
    ("Two pizzas", "Hello, 2 pizzas please. Thank you!"),
    ("twenty five items", "25 items"),
    ("one thousand and five hundred", "1,000 and 500"),
    ("On 3 March 2025?", "On March 3rd, 2025?"),
    ("Pay 10 pounds", "Pay £10"),
    ("كم ١٠٠ دولار باليورو؟", "كم 100 دولار باليورو"),
    ("Wo ist meine Karte?", "Wo ist bitte meine Karte?"),
    ("我可以取消订单吗？", "请问我可以取消订单吗？谢谢"),
    ("手数料は100円ですか？", "手数料は１００円ですか？"),
    ("How do I activate my card?", "How do I actvate my card?"),
    ("How do I verify my identity?", "How do I verfiy my identity?"),
    ("Can I use my card when I travel?", "When I travel, can I use my card?"),
    ("I do not recognise it", "I don't recognize it"),
    ("Is topping up free?", "IS TOP UP FREE?"),
    ("It swallowed the card", "It swalowed the card"),
    ("Is the charge high?", "Is the charges high?"),
    ("¿Dónde está mi tarjeta?", "donde esta mi tarjeta"),
]


@pytest.mark.parametrize(("one", "other", "why"), DIFFERENT)
def test_questions_that_need_answers_of_their_own(one, other, why):
    assert (veto(one, other), veto(other, one)) == (why, why)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_questions_that_one_answer_serves(one, other):
    assert (veto(one, other), veto(other, one)) == ("", "")


@settings(max_examples=100, derandomize=True)
@given(st.text(max_size=60), st.text(max_size=60))
def test_nothing_is_against_the_same_text_and_sides_do_not_matter(one, other):
    assert veto(one, one) == ""
    assert bool(veto(one, other)) == bool(veto(other, one))


@dataclass(frozen=True)
class Asked:
    question: str


def fit(question, *others):
    return [one.question for one in fitting(question, map(Asked, others))]


def test_few_are_read_whole_to_find_those_that_fit():
    asked, numbered = "Please open door 5!", [f"Open door {number}" for number in range(6, 30)]
    assert fit(asked, *numbered, "Close door 5", "Open door five") == ["Open door five"]
    assert fit(asked, *[f"{colour} door 5" for colour in "abcdef"], "Open door five") == []


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ("Open door 5", "Open door five", ""),
        ("Open door 5", "Open the door", "number"),
        ("Open the door", "Open door 5", "number"),
        ("Open door 5 of 7", "Open door 5", "number"),
    ],
)
def test_a_number_on_one_side_alone_forbids_unless_the_other_spells_it(one, other, reason):
    assert veto(one, other) == reason
