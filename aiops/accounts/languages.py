"""Languages that people may say they read, by their codes of ISO 639-1."""

LANGUAGES = [
    ("en", "English"),
    ("fr", "French"),
    ("de", "German"),
    ("es", "Spanish"),
    ("it", "Italian"),
    ("nl", "Dutch"),
    ("pl", "Polish"),
    ("pt", "Portuguese"),
    ("cs", "Czech"),
    ("da", "Danish"),
    ("el", "Greek"),
    ("fi", "Finnish"),
    ("hu", "Hungarian"),
    ("nb", "Norwegian"),
    ("ro", "Romanian"),
    ("ru", "Russian"),
    ("sv", "Swedish"),
    ("tr", "Turkish"),
    ("uk", "Ukrainian"),
    ("ar", "Arabic"),
    ("he", "Hebrew"),
    ("hi", "Hindi"),
    ("id", "Indonesian"),
    ("th", "Thai"),
    ("vi", "Vietnamese"),
    ("zh", "Chinese"),
    ("ja", "Japanese"),
    ("ko", "Korean"),
]
NAMES = dict(LANGUAGES)
_SAME = {"no": "nb", "nn": "nb", "iw": "he", "in": "id"}


def language_of(locale: str) -> str:
    """The one of LANGUAGES that `locale` ("pt-BR", "zh_Hant") is in; empty where it is in none of them."""
    code = locale.replace("_", "-").split("-")[0].lower()
    code = _SAME.get(code, code)
    return code if code in NAMES else ""
