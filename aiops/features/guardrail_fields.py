"""The guardrails' settings on the policy's form."""

from aiops.features.policy_settings import MODES, Setting


def _mode(name: str, label: str, help: str = "") -> Setting:  # noqa: A002 - as the setting calls it
    return Setting(f"guardrails.{name}", label, "choice", help=help, choices=MODES)


GUARDRAIL_SETTINGS = (
    _mode("json_schema", "JSON schema of the prompt version"),
    _mode("typed", "Typed JSON"),
    Setting("guardrails.typed_rules.shape", "Type", "text", help="list[str], dict[str, float], record …"),
    Setting(
        "guardrails.typed_rules.record",
        "Record",
        "json",
        help='What “record” stands for, as JSON: {"name": "str", "due?": "date"}.',
    ),
    _mode("dates", "Dates"),
    Setting("guardrails.date_rules.fields", "Fields that hold dates", "names"),
    Setting("guardrails.date_rules.earliest_days", "Earliest, in days from today", optional=True),
    Setting("guardrails.date_rules.latest_days", "Latest, in days from today", optional=True),
    _mode("numbers", "Numbers in range"),
    Setting(
        "guardrails.number_rules.ranges",
        "Ranges",
        "ranges",
        help="One a line: “order.total: 0..5000”. Either end may be missing; * is every number in the text.",
    ),
    _mode("sql", "SQL", "One statement that only reads, tried out on the read replica."),
    Setting(
        "guardrails.sql_rules.tables",
        "Tables that a query may name",
        "names",
        help="orders, sales.customers. No other is allowed.",
    ),
    Setting(
        "guardrails.sql_rules.functions",
        "Further functions",
        "names",
        help="Beside the usual ones, which only compute.",
    ),
    Setting(
        "guardrails.sql_rules.field", "Field that holds the query", "text", help="Empty: the whole answer."
    ),
    Setting("guardrails.sql_rules.run", "Run the query; only rows and columns are counted", "check"),
    Setting("guardrails.sql_rules.seconds", "Seconds that a query may take"),
    Setting("guardrails.sql_rules.most_rows", "Rows that a query may return"),
    _mode("grounding", "Grounding", "Citations exist, quotes stand word for word, sentences have support."),
    Setting("guardrails.grounding_rules.support", "Share of a sentence's words that a passage must hold"),
    Setting(
        "guardrails.grounding_rules.alike",
        "Or so much alike in meaning",
        optional=True,
        help="Cosine of embeddings, 0 to 1. Empty: words alone.",
    ),
    Setting("guardrails.grounding_rules.most_unsupported", "Share of sentences that may lack support"),
    _mode("language", "Language equals the input's", "Short texts, of which nobody can tell, pass."),
    _mode("banned", "Banned content"),
    Setting(
        "guardrails.banned_rules.terms",
        "Words and patterns",
        "terms",
        help="One a line: a word, “de: ein Wort” for one language, /a pattern/ in RE2's syntax.",
    ),
    _mode("personal", "Personal data"),
    Setting(
        "guardrails.personal_rules.act",
        "What is found is",
        "choice",
        choices=(("mask", "Masked, and the answer goes out"), ("refuse", "Refused with the answer")),
    ),
    Setting(
        "guardrails.personal_rules.kinds", "Kinds", "names", help="email, phone, card, iban, address (IP)."
    ),
    _mode("refusal", "Refusals"),
    _mode("length", "Length"),
    Setting(
        "guardrails.length_rules.unit",
        "Counted in",
        "choice",
        choices=(("words", "Words"), ("characters", "Characters")),
    ),
    Setting("guardrails.length_rules.least", "At least", optional=True),
    Setting("guardrails.length_rules.most", "At most", optional=True),
    _mode(
        "injection",
        "Instructions in documents",
        "Passages that talk to the model. Enforced: the sentence is taken out before the model reads it.",
    ),
    Setting("guardrails.repair", "Tell the model once what is wrong, and let it mend", "check"),
)
