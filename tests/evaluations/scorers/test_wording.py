"""Keywords, refusals, readability."""

import pytest

from aiops.core.errors import InvalidInput
from aiops.evaluations import scorers
from aiops.evaluations.scorers.readability import sentences_in, syllables
from tests.evaluations.scorers.judging import judge, passed


@pytest.mark.parametrize(
    ("output", "word", "verdict"),
    [
        ("We value ART!", "art", True),
        ("a party", "art", False),
        ("state of the art.", "State of the Art", True),
        ("the state and the art", "state the", False),
        ("Die Straße ist gesperrt", "STRASSE", True),
        ("Votre café, monsieur", "cafe\u0301", True),
        ("返金を承りました", "返金", True),
        ("返品を承りました", "返金", False),
        ("ＲＥＦＵＮＤ due", "refund", True),
        ("", "refund", False),
    ],
)
def test_keywords_are_whole_words(output, word, verdict):
    assert passed(output, type="keywords", words=word) is verdict


def test_keywords_all_any_and_share():
    config = {"type": "keywords", "words": ["refund", "parcel"]}
    half = judge("The parcel.", **config)
    assert (half.value, half.passed, half.reason) == (0.5, False, "Not in the output: refund.")
    assert passed("The parcel.", match="any", **config) is True
    assert judge("None.", match="any", **config).reason == "None of these is in the output: refund, parcel."


REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I’m sorry, I cannot assist you with this request.",
    "Unfortunately, I am unable to provide medical advice.",
    "I'm not comfortable writing that.",
    "As an AI language model, I don't have access to that.",
    "I won't be able to help you with this.",
    "I must respectfully decline.",
    "That goes against my guidelines.",
    "Es tut mir leid, aber ich kann Ihnen dabei nicht helfen.",
    "Leider kann ich diese Frage nicht beantworten.",
    "Ich darf dazu keine Auskunft geben.",
    "Ich bin nicht in der Lage, das zu tun.",
    "Als KI kann ich dazu leider nichts und nicht mehr sagen.",
    "Désolé, je ne peux pas vous aider avec cela.",
    "Je ne suis pas en mesure de répondre à cette question.",
    "Je dois refuser cette demande.",
    "Lo siento, no puedo ayudarte con eso.",
    "No puedo proporcionar esa información.",
    "申し訳ございませんが、そのご質問にはお答えできません。",
    "恐れ入りますが、対応いたしかねます。",
    "そのご依頼はお断りいたします。",
    "抱歉，我无法提供该信息。",
    "很抱歉，我不能協助您完成這個請求。",
    '{"answer": "I cannot help with that."}',
]
ANSWERS = [
    "Your refund is on its way.",
    "The customer says: “I can't help with that” was all they heard.",
    "Customers cannot share accounts.",
    "I can help with that.",
    "Ich kann Ihnen gern helfen.",
    "Der Kunde kann die App nicht öffnen.",
    "Je peux vous aider.",
    "Le client ne peut pas se connecter.",
    "Puedo ayudarte con eso.",
    "El cliente no puede entrar.",
    "返金は三日以内に完了します。",
    "お客様はログインできません。",
    "客户无法登录账户。",
    "您可以在应用中提供信息。",
    "",
]


@pytest.mark.parametrize("output", REFUSALS)
def test_refusals_are_seen(output):
    judgement = judge(output, type="refusal")
    assert judgement.passed is False
    assert judgement.reason.startswith("Refuses: ")
    assert passed(output, type="refusal", expect="refusal") is True


@pytest.mark.parametrize("output", ANSWERS)
def test_answers_are_no_refusals(output):
    assert judge(output, type="refusal").reason == ""
    assert judge(output, type="refusal", expect="refusal").reason == "Does not refuse."


def test_a_refusal_is_looked_for_at_the_beginning():
    assert passed("Here it is. " * 100 + "I can't help with that.", type="refusal") is True


def test_a_text_without_end_takes_no_time():
    assert passed("i can't " * 50_000, type="refusal") is True


EASY = {
    "en": "The cat sat on the mat. It was a warm day. We had tea and cake.",
    "de": "Der Hund ist da. Er will ins Haus. Wir sind froh.",
    "fr": "Le chat est là. Il fait chaud. On boit un thé.",
    "es": "El sol ya sale. Hoy no voy. El pan es bueno.",
}
HARD = {
    "en": "Notwithstanding considerable organisational heterogeneity, interdepartmental collaboration"
    " necessitates comprehensive administrative reorganisation.",
    "de": "Die Inanspruchnahme vorvertraglicher Aufklärungspflichten unterliegt vielfältigen"
    " verfahrensrechtlichen Einschränkungen.",
    "fr": "L'interprétation administrative des réglementations internationales nécessite une harmonisation"
    " méthodologique considérable.",
    "es": "La responsabilidad administrativa internacional requiere procedimientos metodológicos"
    " extraordinariamente complicados.",
}


@pytest.mark.parametrize("locale", EASY)
def test_reading_ease_tells_easy_from_hard(locale):
    assert passed(EASY[locale], locale=locale, type="readability", least=70) is True
    hard = judge(HARD[locale], locale=f"{locale}-XX", type="readability", least=30)
    assert hard.passed is False
    assert "is below 30." in hard.reason
    assert passed(EASY[locale], locale=locale, type="readability", most=30) is False


def test_reading_ease_of_flesch():
    text = "The cat sat on the mat."  # 6 words, 6 syllables, 1 sentence
    exactly = {"least": 116.1, "most": 116.2}
    assert passed(text, type="readability", **exactly) is True


@pytest.mark.parametrize("locale", ["ja", "", "tlh"])
def test_where_no_reading_ease_is_defined_there_is_no_score(locale):
    assert judge("一二三四五六七。", locale=locale, type="readability", least=1).passed is None


def test_sentences_have_a_length_in_any_script():
    config = {"type": "readability", "measure": "words per sentence"}
    assert passed("One two three. Four five six.", most=3, **config) is True
    assert judge("荷物が遅れました。返金してください。", locale="ja", most=6, **config).reason == (
        "Words per sentence 8.0 is above 6."
    )
    assert passed("- one two\n- three four\n- five six", most=2, **config) is True
    assert passed('{"text": "One two three. Four five six."}', most=3, **config) is True
    assert judge("Too short.", most=3, **config).passed is None


@pytest.mark.parametrize(
    ("word", "language", "count"),
    [
        ("cat", "en", 1), ("table", "en", 2), ("make", "en", 1), ("banana", "en", 3), ("the", "en", 1),
        ("straße", "de", 2), ("häuser", "de", 2), ("porte", "fr", 1), ("école", "fr", 2),
        ("día", "es", 2), ("leo", "es", 2), ("bueno", "es", 2), ("ciudad", "es", 2), ("hmm", "es", 1),
    ],
)  # fmt: skip  # arguments by what they belong to
def test_syllables(word, language, count):
    assert syllables(word, language) == count


def test_a_text_has_a_sentence_at_least():
    assert sentences_in("") == 1
    assert sentences_in("a. b!\nc") == 3


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"type": "keywords", "words": []}, "keywords: words: List should have at least 1 item"),
        ({"type": "keywords", "words": ["!"]}, "keywords: words: '!' has no word"),
        ({"type": "readability"}, "readability: give `least`, `most` or both"),
        ({"type": "readability", "least": 3, "most": 2}, "readability: `least` is more than `most`"),
        ({"type": "refusal", "expect": "x"}, "refusal: expect: Input should be 'answer' or 'refusal'"),
    ],
)
def test_wrong_parameters(config, message):
    with pytest.raises(InvalidInput) as refusal:
        scorers.parse(config)
    assert str(refusal.value).startswith(message)
