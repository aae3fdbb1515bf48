"""What a feature's guardrails look for. A guardrail that is off costs a call nothing."""

from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from aiops.core.texts.shapes import record_of, type_of
from aiops.features.policy_base import Settings

Mode = Literal["off", "observe", "enforce"]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class DatePolicy(Settings):
    """Dates in the named fields of a structured answer must parse and lie in the range (days from today)."""

    fields: tuple[str, ...] = ()
    earliest_days: int | None = None
    latest_days: int | None = None


class TypedPolicy(Settings):
    """The answer is JSON of a type, strictly: `list[str]`, or "record", whose fields `record` states."""

    shape: str = Field("record", max_length=400)
    record: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _is_a_type(self) -> Self:
        if self.record is not None or self.shape != "record":
            type_of(self.shape, record_of(self.record) if self.record is not None else None)
        return self


class NumberRange(Settings):
    """`field` as in "order.total"; "*" is every number in the answer's text."""

    field: Name
    at_least: Finite | None = None
    at_most: Finite | None = None

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("a range states what a number is at least, at most, or both")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError("a range's lower end is above its upper end")
        return self


class NumberPolicy(Settings):
    ranges: tuple[NumberRange, ...] = Field((), max_length=50)


class SqlPolicy(Settings):
    """Which tables and functions a query may name, beside the usual functions, which only compute.

    `field`: where in a structured answer the query stands; empty: the whole answer is the query.
    """

    tables: tuple[Name, ...] = Field((), max_length=500)
    functions: tuple[Name, ...] = Field((), max_length=200)
    field: str = Field("", max_length=200)
    run: bool = True
    seconds: float = Field(2.0, ge=0.05, le=30)
    most_rows: int = Field(1000, ge=1, le=100_000)


class GroundingPolicy(Settings):
    """A sentence is supported where a passage holds `support` of its words, or is so much alike in meaning.

    `most_unsupported`: the share of sentences that may lack it.
    """

    support: float = Field(0.5, gt=0, le=1)
    alike: float | None = Field(None, gt=0, le=1)  # cosine of embeddings; None: words alone
    most_unsupported: float = Field(0.2, ge=0, lt=1)


class Term(Settings):
    """A word, or a pattern in RE2's syntax, for answers of a locale; "" for all."""

    text: Annotated[str, Field(min_length=1, max_length=500)]
    locale: str = Field("", max_length=35)
    pattern: bool = False

    @model_validator(mode="after")
    def _compiles(self) -> Self:
        if self.pattern:
            import re2  # noqa: PLC0415 - few policies have patterns

            try:
                re2.compile(self.text)
            except re2.error as error:
                why = error.args[0] if error.args else error
                raise ValueError(
                    f"not a pattern: {why.decode() if isinstance(why, bytes) else why}"
                ) from None
        return self


class BannedPolicy(Settings):
    terms: tuple[Term, ...] = Field((), max_length=1000)


Kind = Literal["email", "phone", "card", "iban", "address"]
KINDS: tuple[Kind, ...] = ("email", "phone", "card", "iban", "address")


class PersonalPolicy(Settings):
    """`mask`: what is found is replaced, and the answer goes out. "address" is one of the internet (IP)."""

    act: Literal["mask", "refuse"] = "mask"
    kinds: tuple[Kind, ...] = ("email", "phone", "card", "iban")

    @field_validator("kinds")
    @classmethod
    def _each_once(cls, given: tuple[Kind, ...]) -> tuple[Kind, ...]:
        return tuple(dict.fromkeys(given))


class LengthPolicy(Settings):
    unit: Literal["characters", "words"] = "words"
    least: int | None = Field(None, ge=0)
    most: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def _is_a_band(self) -> Self:
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError("the shortest is longer than the longest")
        return self


class GuardrailPolicy(Settings):
    """`json_schema` checks the version's output schema. `repair`: the model is told once, and may mend."""

    json_schema: Mode = "enforce"
    dates: Mode = "off"
    date_rules: DatePolicy = DatePolicy()
    repair: bool = True
    typed: Mode = "off"
    typed_rules: TypedPolicy = TypedPolicy()
    numbers: Mode = "off"
    number_rules: NumberPolicy = NumberPolicy()
    sql: Mode = "off"
    sql_rules: SqlPolicy = SqlPolicy()
    grounding: Mode = "off"
    grounding_rules: GroundingPolicy = GroundingPolicy()
    language: Mode = "off"
    banned: Mode = "off"
    banned_rules: BannedPolicy = BannedPolicy()
    personal: Mode = "off"
    personal_rules: PersonalPolicy = PersonalPolicy()
    refusal: Mode = "off"
    length: Mode = "off"
    length_rules: LengthPolicy = LengthPolicy()
    injection: Mode = "off"

    @cached_property
    def active(self) -> tuple[tuple[str, bool], ...]:
        """(setting, whether it is enforced) of each guardrail that is not off, in the order of checking."""
        modes = ((name, getattr(self, name)) for name in GUARDRAILS)
        return tuple((name, mode == "enforce") for name, mode in modes if mode != "off")

    def lacks_settings(self, name: str) -> bool:
        """Whether the guardrail has nothing to look for, so that it would let everything pass."""
        wanted: dict[str, bool] = {
            "typed": self.typed_rules.record is not None or self.typed_rules.shape != "record",
            "dates": bool(self.date_rules.fields),
            "numbers": bool(self.number_rules.ranges),
            "sql": bool(self.sql_rules.tables),
            "banned": bool(self.banned_rules.terms),
            "personal": bool(self.personal_rules.kinds),
            "length": self.length_rules.least is not None or self.length_rules.most is not None,
        }
        return not wanted.get(name, True)


# In the order of checking: what is masked is masked before anything else reads the answer.
GUARDRAILS = (
    "personal", "json_schema", "typed", "dates", "numbers", "sql", "grounding", "language", "banned",
    "refusal", "length", "injection",
)  # fmt: skip  # short names, packed: they would fill the page
