import asyncio
import json

import pytest

from aiops.providers.protocol import ChatRequest, Message
from aiops.providers.simulated import Simulated
from aiops.providers.simulated.brief import Brief, read
from aiops.providers.simulated.competence import answer_language, goes_wrong
from aiops.providers.simulated.lexicon import lexicon
from aiops.providers.simulated.skills import contract, order_sql, passages, summary, triage

IN_ITS_LANGUAGE = "Answer in the language of the ticket. JSON only, nothing else."
TICKETS = {
    "en": "My kettle leaks, order HK-482137. I am fed up. Please send me a replacement.",
    "de": "Mein Wasserkocher ist undicht, HK-482137. Mir reicht es. Bitte schicken Sie mir Ersatz.",
    "fr": "Ma bouilloire fuit, commande HK-482137. C'est inadmissible. Merci de m'envoyer un remplacement.",
    "es": "Mi hervidor pierde agua, pedido HK-482137. Es inaceptable. Envíenme otro, por favor.",
    "ja": "電気ケトルから水漏れしています。注文HK-482137です。がっかりしました。交換をお願いします。",
}


def ask(system: str, text: str, model: str = "sim-large", seed: str = "") -> str:
    messages = (Message("system", system), Message("user", text))
    asked = ChatRequest(model=model, messages=messages, max_tokens=600)
    return asyncio.run(Simulated({"time_scale": 0, "seed": seed}).chat(asked, timeout=5)).text


def brief(system: str, text: str, model: str = "sim-large") -> Brief:
    messages = (Message("system", system), Message("user", text))
    return read(ChatRequest(model=model, messages=messages, max_tokens=600), seed="")


def usual(system: str, text: str) -> str:
    """What most seeds answer: a single one may err, that is what the vendor is for."""
    answers = [ask(system, text, seed=str(number)) for number in range(9)]
    return max(answers, key=answers.count)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "The customer reports that the kettle leaks water from underneath (order HK-482137)."),
        (
            "de",
            "Der Kunde meldet, dass das Gerät (Wasserkocher) unten Wasser verliert (Bestellung HK-482137).",
        ),
        ("fr", "Le client signale que l'appareil (bouilloire) fuit par le dessous (commande HK-482137)."),
        ("es", "El cliente indica que el aparato (hervidor) pierde agua por debajo (pedido HK-482137)."),
        ("ja", "電気ケトルの底から水漏れしているとのこと（注文HK-482137）。"),
    ],
)
def test_a_ticket_is_summarised_in_its_language(language: str, words: str):
    asked = f"Summarise the ticket: order number, what the customer wants. {IN_ITS_LANGUAGE}"
    assert json.loads(usual(asked, TICKETS[language]))["summary"].startswith(words)


@pytest.mark.parametrize("language", TICKETS)
def test_an_annoyed_customer_is_negative(language: str):
    assert lexicon(language).mood_of(TICKETS[language]) == "negative"


def test_a_denied_feeling_is_none():
    assert lexicon("en").mood_of("I'm not angry, I would just like to know.") == "neutral"
    assert lexicon("de").mood_of("Das ist keine Beschwerde.") == "neutral"


def test_a_ticket_about_something_unknown_is_quoted():
    text = "The lighthouse keeper painted the stairs in a colour nobody had seen before."
    assert "lighthouse keeper" in summary.summarised(brief("Summarise.", text), "en")


def test_plain_text_is_answered_where_no_json_is_asked_for():
    assert usual("Summarise the ticket.", TICKETS["en"]).startswith("The customer reports")


@pytest.mark.parametrize(
    "listed",
    [
        "Labels: shipping, defect, billing",
        "Choose a category.\n- shipping\n- defect: it is broken\n- billing",
        "Classify into one of: Delivery; Faults | Payments",
    ],
)
def test_a_label_is_chosen_among_those_listed(listed: str):
    asked = brief(f"Classify the message. {listed}", TICKETS["de"])
    assert triage.ranking(asked, triage.labels_of(asked))[0].lower() in {"defect", "faults"}


def test_labels_of_another_trade_are_chosen_by_their_words():
    asked = brief(
        "Which intent is it? One of: card_arrival, top_up_failed, exchange_rate, lost_or_stolen_card",
        "My top up failed, what should I do?",
    )
    assert triage.chosen(asked) == "top_up_failed"


def test_a_draft_greets_names_the_order_and_signs():
    reply = usual("Draft a reply in the language of the ticket, with the order number.", TICKETS["fr"])
    assert reply.startswith("Bonjour,")
    assert "HK-482137" in reply
    assert reply.endswith("Votre service client")


def test_an_answer_is_found_in_the_passages_and_cited():
    question = (
        "<passages>\n[1] # Payment\nWe accept cards.\n\n[2] # Returns\nReturns are free within 30 days.\n"
        "</passages>"
        "\n<question>\nWithin how many days are returns free?\n</question>"
    )
    system = "Answer the question only from the passages. Cite like [1]."
    assert usual(system, question) == "Returns are free within 30 days. [2]"


def test_a_question_with_its_context_in_one_message_is_answered():
    text = "Context: The tower is 96 metres high. It was built in 1889.\nQuestion: How high is the tower?"
    assert usual("Answer the question from the context.", text) == "The tower is 96 metres high."


def test_what_the_passages_do_not_say_is_said():
    question = "<passages>\n[1] We accept cards.\n</passages>\n<question>\nDo you sell bicycles?\n</question>"
    system = "Answer only from the passages. Where they do not contain the answer, say so."
    assert usual(system, question) == "The passages do not answer this question."


def test_sentences_keep_their_passage_and_heading():
    found = passages.sentences("[1] # Fees\nIt costs 4.90 euros. Free above 59 euros.\n[2] Cards.")
    assert [(one.passage, one.heading, one.text) for one in found] == [
        (1, "Fees", "It costs 4.90 euros."),
        (1, "Fees", "Free above 59 euros."),
        (2, "", "Cards."),
    ]


def test_terms_are_read_out_of_a_contract():
    text = (
        "The Agreement takes effect on 1 March 2026 for a term of 2 years. It renews automatically unless "
        "terminated with 90 days' written notice. Invoices are payable within 30 days. It is governed by the "
        "laws of Ireland. Liability is limited to EUR 250,000."
    )
    assert contract.terms(brief("Extract the contract's terms as JSON.", text)) == {
        "effective_date": "2026-03-01",
        "term_months": 24,
        "notice_days": 90,
        "payment_days": 30,
        "auto_renewal": True,
        "governing_law": "IE",
        "liability_cap": 250000,
    }


def test_what_a_contract_does_not_say_is_null():
    found = contract.terms(brief("Extract the contract's terms as JSON.", "It says nothing at all."))
    assert found.pop("auto_renewal") is False
    assert set(found.values()) == {None}


def test_a_query_is_written_for_a_question_in_any_language():
    for question in (
        "Wann wurde die Bestellung HK-331048 versandt?",
        "注文HK-331048はいつ発送されましたか？",
    ):
        asked = brief("Write SQL. The query and nothing else. Columns: order_number, shipped_at.", question)
        kind = order_sql.kind_of(asked)
        assert kind == "shipped"
        assert order_sql.asked(asked).order == "HK-331048"


def test_the_month_after_december_is_in_the_next_year():
    asked = brief("Write SQL.", "Which were the 3 most expensive orders in 2025-12?")
    assert order_sql.asked(asked).month == ("2025-12-01", "2026-01-01")


def test_a_request_to_write_is_refused_where_the_prompt_says_so():
    asked = "Delete order HK-331048 from the table."
    assert usual("Write SQL. Only read, else answer NOT_ALLOWED.", asked) == "NOT_ALLOWED"
    assert usual("Write SQL.", asked).startswith("DELETE")


def test_a_product_text_names_the_product_and_its_facts():
    facts = "<facts>\nProduct: Lumo 2 kettle\nCapacity: 1.7 l\nPower: 2,200 W\n</facts>"
    text = usual("Write a sober product text with the full name and every fact.", facts)
    assert "Lumo 2 kettle" in text
    assert "1.7 l" in text
    assert "2,200 W" in text


def test_anything_else_gets_a_general_answer_in_its_language():
    assert usual("Be helpful in the same language as the user.", "Wie wird das Wetter morgen?").startswith(
        "So verstehe ich Ihre Anfrage"
    )


def test_long_questions_are_not_repeated_whole():
    assert "…" in ask("Be helpful.", "Tell me about the sea and the wind. " * 30)


def wrong(text: str, model: str, system: str = "Do it.", *, negations: bool = False) -> int:
    asked = [brief(system, f"{text} {number}", model) for number in range(400)]
    return sum(goes_wrong(one, "step", 0.1, negations=negations) for one in asked)


def test_small_models_err_more_and_most_on_long_japanese_negations():
    short, japanese = "Where is my parcel now?", "荷物が届きません。" * 20
    assert wrong(short, "sim-large") < wrong(short, "sim-small")
    assert wrong(short, "sim-small") < wrong(japanese, "sim-small", negations=True)


def test_examples_in_the_prompt_save_errors():
    text = "Where is my parcel now?"
    assert wrong(text, "sim-small", "Do it.\nExample: x -> y") < wrong(text, "sim-small")


def test_a_better_prompt_fails_on_cases_that_a_worse_one_fails_on_too():
    texts = [f"Where is my parcel {number}?" for number in range(300)]
    worse = {text for text in texts if goes_wrong(brief("Do it.", text), "step", 0.3)}
    better = {text for text in texts if goes_wrong(brief("Do it well.", text), "step", 0.15)}
    assert len(better - worse) < len(better) * 0.3


def english(system: str, text: str) -> int:
    asked = [brief(system, f"{text} {number}") for number in range(200)]
    return sum(answer_language(one) == "en" for one in asked)


def test_a_dictated_english_opening_costs_japanese_its_language():
    keeps = "Write in the language of the ticket."
    opening = f'{keeps} Begin with "The customer".'
    assert english(keeps, TICKETS["ja"]) < 15
    assert english(opening, TICKETS["ja"]) > 120
    assert english(opening, TICKETS["de"]) < 40


def test_without_a_word_about_language_many_answers_are_english():
    assert english("Do it.", TICKETS["ja"]) > english("Do it.", TICKETS["es"]) > 5


def test_english_is_english_and_may_be_asked_for():
    assert english("Do it.", TICKETS["en"]) == 200
    assert english("Answer in English.", TICKETS["fr"]) == 200


def test_every_language_knows_the_same_things():
    english_words = lexicon("en")
    for language in ("de", "fr", "es", "ja"):
        other = lexicon(language)
        assert [one.name for one in other.concepts] == [one.name for one in english_words.concepts]
        assert other.products.keys() == english_words.products.keys()
        assert other.requests.keys() == english_words.requests.keys()
        assert other.phrases.keys() == english_words.phrases.keys()
        assert other.phrases["sql"]["kinds"].keys() == english_words.phrases["sql"]["kinds"].keys()


def test_unknown_languages_are_served_in_english():
    assert lexicon("pt").language == "en"
