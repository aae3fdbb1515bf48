"""Guardrails for people: what each is called, what it looks for, and what its figures mean."""

from dataclasses import dataclass

from aiops.core import figures
from aiops.core.intervals import enough
from aiops.features.guardrail_policy import GuardrailPolicy
from aiops.gateway.guardrail_queries import DAYS, Rate
from aiops.gateway.guardrails import RAILS

TITLES = {
    "json_schema": ("JSON schema", "The answer is JSON, and what the prompt version's output schema says."),
    "typed": ("Typed JSON", "The answer is JSON of a type that the policy states, read strictly."),
    "dates": ("Dates", "Dates in named fields are dates, and lie in their range."),
    "numbers": ("Numbers", "Numbers in named fields, or in the text, lie in their ranges."),
    "sql": ("SQL", "One statement that only reads, of allowed tables; tried where nothing can be written."),
    "grounding": ("Grounding", "Citations exist, quotes stand word for word, sentences have support."),
    "language": ("Language", "The answer is in the language of the input."),
    "banned": ("Banned content", "No word and no pattern that the policy bans."),
    "personal": ("Personal data", "E-mail addresses, phone, card and account numbers: masked or refused."),
    "refusal": ("Refusals", "The answer does not decline to answer."),
    "length": ("Length", "The answer is neither too short nor too long."),
    "injection": ("Instructions in documents", "Passages that talk to the model are flagged or neutralised."),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A guardrail as a page shows it. `rate` is of its mode now."""

    setting: str
    title: str
    about: str
    mode: str
    rate: Rate
    idle: bool  # it has nothing to look for

    @property
    def chip(self) -> tuple[str, str, str]:
        kinds = {"off": ("neutral", "power", "Off"), "observe": ("accent", "eye", "Observes")}
        return kinds.get(self.mode, ("good", "lock", "Enforced"))

    @property
    def figures(self) -> bool:
        """Whether there are enough answers for an interval to be shown."""
        return enough(self.rate.checked)

    @property
    def said(self) -> str:
        return sentence(self)


def shown(setting: str, policy: GuardrailPolicy, rates: dict[tuple[str, bool], Rate]) -> Shown:
    mode = getattr(policy, setting)
    rate = rates.get((RAILS[setting].NAME, mode == "enforce"), Rate()) if mode != "off" else Rate()
    title, about = TITLES[setting]
    return Shown(setting, title, about, mode, rate, policy.lacks_settings(setting))


def sentence(one: Shown) -> str:
    """What its figures say: `Would have refused 12 of 1,000 in the last 7 days (0.7–2.1 %).`"""
    rate = one.rate
    if one.mode == "off":
        return "Off: nobody knows what it would find. Observing costs little and refuses nothing."
    if not rate.checked:
        return f"It read no answer in the last {DAYS} days."
    share = f"{figures.count(rate.first)} of {figures.count(rate.checked)}"
    counted = f"{share} in the last {DAYS} days{_between(rate)}"
    if one.mode == "observe":
        return f"Would have {_would(one.setting)} {counted}."
    parts = [
        (rate.failed, "refused"),
        (rate.mended, "masked or neutralised"),
        (rate.repaired, "mended by the model"),
    ]
    ends = ", ".join(f"{figures.count(number)} {words}" for number, words in parts if number)
    return f"Did not pass at first: {counted}{f': {ends}' if ends else ''}."


def _would(setting: str) -> str:
    return {"injection": "neutralised passages of", "personal": "masked or refused"}.get(setting, "refused")


def _between(rate: Rate) -> str:
    """The interval in percent, where there are enough answers."""
    found = rate.interval
    if found is None or not enough(rate.checked):
        return ", too few for an interval"
    return f" ({100 * found.low:.1f}–{100 * found.high:.1f} %)"
