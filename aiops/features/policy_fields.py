"""A policy as fields of a form and back: the names, labels and order of what people may set.

A field's name is its path: "cache.ttl_seconds". `policy.Policy` reads what was typed, and says what is wrong.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from aiops.features.guardrail_fields import GUARDRAIL_SETTINGS
from aiops.features.policy import Fallback, Policy
from aiops.features.policy_lines import LINES
from aiops.features.policy_settings import Section, Setting
from aiops.features.wording import fallback as in_words

_FALLBACK: TypeAdapter[Fallback] = TypeAdapter(Fallback)


def _limits(whose: str, title: str) -> tuple[Setting, ...]:
    return (
        Setting(f"breaker.{whose}.requests_per_minute", f"{title}: requests a minute", optional=True),
        Setting(f"breaker.{whose}.tokens_per_minute", f"{title}: tokens a minute", optional=True),
        Setting(f"breaker.{whose}.concurrency", f"{title}: calls at once", optional=True),
    )


SECTIONS = (
    Section(
        "call",
        "Every call",
        "How long a caller waits at most, and how much an answer may take.",
        (
            Setting(
                "deadline_seconds",
                "Seconds to the first useful answer",
                help="From the request to the first token where it streams, else to the whole answer.",
            ),
            Setting("max_tokens", "Longest answer, in tokens"),
            Setting("attempts", "Tries per model", help="The first included."),
            Setting(
                "dearest_call",
                "Dearest call, in USD",
                optional=True,
                help="A call whose worst case is above is refused. Empty: no such limit.",
            ),
            Setting("keep_text", "Keep inputs and outputs with the record", "check"),
            Setting(
                "callback_url", "Where answers of tickets are sent", "text", help="A public https address."
            ),
        ),
    ),
    Section(
        "cache",
        "Cache",
        "The same question gets the same answer, for nothing.",
        (
            Setting("cache.on", "Use the cache", "check"),
            Setting("cache.ttl_seconds", "Seconds that an answer is kept"),
            Setting(
                "cache.shared",
                "Tenants may be given each other's answers",
                "check",
                help="Only where answers never hold a tenant's own data.",
            ),
            Setting(
                "cache.semantic",
                "Questions in other words",
                "choice",
                choices=(
                    ("off", "Off"),
                    ("shadow", "Shadow: look up and compare, give nothing"),
                    ("on", "On: give answers once checks have proven a likeness"),
                ),
            ),
            Setting(
                "cache.check_share", "Share of such answers that is checked", help="0.05: one in twenty."
            ),
            Setting("cache.most_false", "Share of them that may be wrong", help="0.01: at most 1 %."),
            Setting(
                "cache.judge",
                "Judge of answers in other words",
                "text",
                help="The name of a rubric with output and reference, for checks that words do not settle."
                " Needs kept texts. Empty: such answers count as wrong.",
            ),
        ),
    ),
    Section(
        "breaker",
        "Limits",
        "What a feature, a tenant and a key may ask at most. Empty: no limit.",
        (
            *_limits("feature", "Feature"),
            *_limits("tenant", "Each tenant"),
            *_limits("key", "Each key"),
            Setting(
                "breaker.when_over",
                "Over a limit or a budget",
                "choice",
                choices=(("fallback", "Answer by the fallback"), ("refuse", "Refuse with an error")),
            ),
            Setting("breaker.retry_loop.failures", "Failures of the same request that are a loop"),
            Setting("breaker.retry_loop.window_seconds", "Within so many seconds"),
            Setting("breaker.retry_loop.pause_seconds", "Then refused for so many seconds"),
        ),
    ),
    Section(
        "router",
        "Router",
        "Which model a call goes to, and which ones follow where it fails.",
        (
            Setting(
                "router.kind",
                "How",
                "choice",
                choices=(
                    ("fixed", "The deployment's model"),
                    ("rules", "By the rules below, else that model"),
                    ("trained", "By the trained router, else that model"),
                ),
            ),
            Setting(
                "router.rules",
                "Rules",
                "rules",
                help="One a line, the first that fits decides: "
                "sim-small: category=greeting,thanks locale=en at_most=500",
            ),
            Setting(
                "router.candidates", "Other models, in order", "names", help="Names with commas between."
            ),
            Setting("router.over_soft_budget", "First while a soft budget is passed", "text", optional=True),
            Setting(
                "router.version",
                "Version of the trained router",
                optional=True,
                help="Trained, turned on and turned off on the router's page.",
            ),
            Setting("router.shadow_share", "Percent of its decisions that are asked of both models"),
            Setting(
                "categories.version",
                "Version of the category classifier",
                optional=True,
                help="Says the category of calls that give none. Also on the router's page.",
            ),
        ),
    ),
    Section(
        "retrieval",
        "Retrieval",
        "Passages of the feature's documents, for the prompt.",
        (
            Setting("retrieval.on", "Search the feature's documents", "check"),
            Setting("retrieval.passages", "Passages"),
            Setting("retrieval.most_characters", "Characters of all passages together"),
            Setting(
                "retrieval.variable",
                "Input that is the question",
                "text",
                optional=True,
                help="Empty: the only one that is required.",
            ),
            Setting(
                "retrieval.least_score",
                "Score below which the documents hold no answer",
                help="0 to 1: how much of the question a passage covers. The knowledge page shows it.",
            ),
            Setting(
                "retrieval.not_found",
                "Answer then, without a model",
                "text",
                optional=True,
                help="Empty: the model says so, in the question's language.",
            ),
        ),
    ),
    Section(
        "guardrails",
        "Guardrails",
        "What an answer must pass before anybody sees it.",
        GUARDRAIL_SETTINGS,
    ),
    Section(
        "approval",
        "Approval",
        "Good answers that wait until a person releases them.",
        (
            Setting(
                "approval.hold",
                "Which",
                "choice",
                choices=(
                    ("none", "None"),
                    ("all", "All answers"),
                    ("categories", "Those of the categories below"),
                ),
            ),
            Setting("approval.categories", "Categories", "names"),
            Setting(
                "approval.near",
                "Also those this near to a guardrail's limit",
                optional=True,
                help="A share: 0.1 is within a tenth of what a limit allows. Empty: none.",
            ),
        ),
    ),
)
SETTINGS = {setting.path: setting for section in SECTIONS for setting in section.settings}


def initial(policy: Policy) -> dict[str, Any]:
    """What each field shows of `policy`."""
    stored = policy.model_dump(mode="json")
    return {path: _shown(setting, _at(stored, path)) for path, setting in SETTINGS.items()}


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields by path as the JSON that a policy reads."""
    found: dict[str, Any] = {}
    for path, value in values.items():
        *above, name = path.split(".")
        place = found
        for part in above:
            place = place.setdefault(part, {})
        place[name] = _meant(SETTINGS[path], value)
    return found


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(label, before, after) of each setting that two stored policies differ in.

    What an older one does not state is as it is by default.
    """
    known = _flat(Policy().model_dump(mode="json"))
    old, new = {**known, **_flat(before)}, {**known, **_flat(after)}
    paths = [path for path in dict.fromkeys([*old, *new]) if old.get(path) != new.get(path)]
    return [(_label(path), _said(path, old.get(path)), _said(path, new.get(path))) for path in paths]


def _at(stored: Mapping[str, Any], path: str) -> Any:
    value: Any = stored
    for part in path.split("."):
        value = value[part]
    return value


def _shown(setting: Setting, value: Any) -> Any:
    if setting.kind in LINES:
        return LINES[setting.kind].shown(value)
    if setting.kind == "names":
        return ", ".join(value)
    return "" if value is None else value


def _meant(setting: Setting, value: Any) -> Any:
    if setting.kind in LINES:
        return LINES[setting.kind].meant(value)
    if setting.kind == "names":
        return [part.strip() for part in value.split(",") if part.strip()]
    return None if setting.optional and value == "" else value


def _flat(stored: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in stored.items():
        path = f"{above}{name}"
        found |= _flat(value, f"{path}.") if isinstance(value, dict) else {path: value}
    return found


def _label(path: str) -> str:
    """`approval.hold`: "Approval: which"."""
    if path not in SETTINGS:
        return path.replace("_", " ").capitalize()
    label = SETTINGS[path].label
    section = next(section for section in SECTIONS if SETTINGS[path] in section.settings)
    return label if "." not in path else f"{section.title}: {label[0].lower()}{label[1:]}"


def _said(path: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value in ("", []):
        return "none"
    if isinstance(value, list):
        return "; ".join(_one(path, part) for part in value)
    return str(value)


def _one(path: str, part: Any) -> str:
    """A fallback or a rule in words; what no longer reads as it is stored."""
    if path == "fallbacks":
        try:
            return in_words(_FALLBACK.validate_python(part))
        except ValidationError:
            return str(part)
    kind = SETTINGS[path].kind if path in SETTINGS else ""
    return LINES[kind].shown([part]) if kind in LINES else str(part)
