"""What a feature decides for each stage of its calls, as frozen values. No Django, no database.

The numbers stand in USD, seconds and tokens. A policy is stored whole, as JSON, in numbered versions.
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from aiops.features.guardrail_policy import DatePolicy, GuardrailPolicy, Mode
from aiops.features.policy_base import Settings, Slug

__all__ = ["DatePolicy", "GuardrailPolicy", "Mode", "Policy", "Settings", "Slug"]


class CachePolicy(Settings):
    """`shared`: tenants may be given each other's answers. Off by default, as answers may hold their data.

    `semantic`: answers to questions in other words too. `shadow`: only looked up, and compared with the fresh
    answer. `on`: given, once checks have proven a likeness from which at most `most_false` of them are wrong;
    `check_share` of them is checked from then on. `judge`: a rubric that says whether a stored and a fresh
    answer of different words mean the same; empty: then they don't.
    """

    on: bool = True
    ttl_seconds: int = Field(86_400, ge=1, le=90 * 86_400)
    shared: bool = False
    semantic: Literal["off", "shadow", "on"] = "off"
    check_share: float = Field(0.05, ge=0.01, le=1)
    most_false: float = Field(0.01, ge=0.002, le=0.1)
    judge: str = Field("", max_length=100)


class Limit(Settings):
    """At most so much; None: no limit."""

    requests_per_minute: int | None = Field(None, ge=1, le=10_000_000)
    tokens_per_minute: int | None = Field(None, ge=1, le=10_000_000_000)
    concurrency: int | None = Field(None, ge=1, le=100_000)


class RetryLoopPolicy(Settings):
    """The same request of one tenant that failed `failures` times in a window is refused for a pause."""

    failures: int = Field(5, ge=2, le=1000)
    window_seconds: int = Field(60, ge=1, le=3600)
    pause_seconds: int = Field(60, ge=1, le=3600)


class BreakerPolicy(Settings):
    """`refuse`: a call over a limit gets its error, even where the feature has a fallback."""

    feature: Limit = Limit()
    tenant: Limit = Limit(requests_per_minute=6000, concurrency=256)
    key: Limit = Limit()
    retry_loop: RetryLoopPolicy = RetryLoopPolicy()
    when_over: Literal["fallback", "refuse"] = "fallback"


class Rule(Settings):
    """Calls that meet all of what is stated go to `model`."""

    model: Slug
    categories: tuple[str, ...] = ()
    locales: tuple[str, ...] = ()
    at_most_characters: int | None = Field(None, ge=1)
    at_least_characters: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def _states_something(self) -> "Rule":
        stated = self.categories or self.locales or self.at_most_characters or self.at_least_characters
        if not stated:
            raise ValueError("a rule states a category, a locale or a length")
        return self


class RouterPolicy(Settings):
    """`fixed`: the deployment's model. `rules`: the first rule that fits, else that model. `trained`: the
    small model where `version` of the feature's router says so, else that model; `shadow_share` percent of
    what it decides is asked of both.

    `candidates` are tried in order where the chosen model fails. `over_soft_budget` goes first while a soft
    budget is passed.
    """

    kind: Literal["fixed", "rules", "trained"] = "fixed"
    version: int | None = Field(None, ge=1)
    shadow_share: float = Field(0.0, ge=0, le=100)
    rules: tuple[Rule, ...] = Field((), max_length=50)
    candidates: tuple[Slug, ...] = Field((), max_length=5)
    over_soft_budget: Slug | None = None

    @model_validator(mode="after")
    def _names_its_version(self) -> "RouterPolicy":
        if self.kind == "trained" and self.version is None:
            raise ValueError("a trained router has a version")
        return self


class CategoryPolicy(Settings):
    """The version of the category classifier that is asked where a call states no category; None: none is."""

    version: int | None = Field(None, ge=1)


class RetrievalPolicy(Settings):
    """`least_score`: where no passage covers so much of the question (0 to 1), the documents hold no answer.

    Then `not_found` is the answer, at once; None: the model is told to say so.
    """

    on: bool = False
    passages: int = Field(5, ge=1, le=50)
    most_characters: int = Field(12_000, ge=200, le=200_000)
    variable: str | None = None  # the input that is the question; None: the only required one
    least_score: float = Field(0.0, ge=0, le=1)
    not_found: str | None = Field(None, max_length=2000)


class ApprovalPolicy(Settings):
    """Which good answers wait for a person before they are released."""

    hold: Literal["none", "all", "categories"] = "none"
    categories: tuple[str, ...] = ()
    near: float | None = Field(
        None, ge=0, le=1
    )  # also those whose margin to a guardrail's limit is at most this


class CachedFallback(Settings):
    """The last good answer to the same inputs, however old up to `max_age_seconds`."""

    kind: Literal["cached"] = "cached"
    max_age_seconds: int = Field(7 * 86_400, ge=1)


class SearchFallback(Settings):
    """The passages that the feature's documents have on the question."""

    kind: Literal["search"] = "search"
    passages: int = Field(3, ge=1, le=20)


class RulesFallback(Settings):
    """A rule set's newest version answers."""

    kind: Literal["rules"] = "rules"
    rule_set: Slug


class TextFallback(Settings):
    """A fixed text, by the call's locale ("ja", then "ja-JP"'s language), else `text`."""

    kind: Literal["text"] = "text"
    text: str = Field(min_length=1, max_length=10_000)
    by_locale: dict[str, str] = Field({})


class DeferredFallback(Settings):
    """A worker tries again for so long; the caller gets a ticket."""

    kind: Literal["deferred"] = "deferred"
    for_seconds: int = Field(86_400, ge=60)


class PersonFallback(Settings):
    """A person answers; the caller gets a ticket."""

    kind: Literal["person"] = "person"
    within_seconds: int = Field(86_400, ge=60)


Fallback = Annotated[
    CachedFallback | SearchFallback | RulesFallback | TextFallback | DeferredFallback | PersonFallback,
    Field(discriminator="kind"),
]


class Policy(Settings):
    """All that a feature decides. The defaults are what a new feature gets."""

    deadline_seconds: float = Field(3.0, ge=0.05, le=600)
    max_tokens: int = Field(1024, ge=1, le=1_000_000)
    attempts: int = Field(2, ge=1, le=5)  # per model, the first included
    cache: CachePolicy = CachePolicy()
    breaker: BreakerPolicy = BreakerPolicy()
    router: RouterPolicy = RouterPolicy()
    categories: CategoryPolicy = CategoryPolicy()
    retrieval: RetrievalPolicy = RetrievalPolicy()
    guardrails: GuardrailPolicy = GuardrailPolicy()
    approval: ApprovalPolicy = ApprovalPolicy()
    fallbacks: tuple[Fallback, ...] = Field((), max_length=6)
    keep_text: bool = True  # whether inputs and outputs are stored with the call's record
    dearest_call: Decimal | None = Field(None, gt=0)  # a call whose worst case is above is refused
    callback_url: str = ""
