"""All decisions as one immutable picture, as a call sees them. JSON in, frozen values out; no Django.

`snapshot.py` paints it from the database and keeps it fresh; a call keeps the picture that it began with.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from aiops.features.policy import Policy


class Part(BaseModel):
    """Base of all parts of the picture."""

    model_config = ConfigDict(frozen=True)


class Key(Part):
    """`digest` is the SHA-256 of the secret in hex. A service key (`tenant` None) names the tenant per call.

    An empty `features` allows all.
    """

    id: str
    digest: str
    tenant: str | None
    features: frozenset[str] = frozenset()
    expires_at: datetime | None = None


class Rates(Part):
    """USD per token of every class; the names are those of `providers.protocol.Usage`."""

    input: Decimal
    cached_input: Decimal
    cache_write: Decimal
    output: Decimal
    reasoning: Decimal


class Provider(Part):
    """`sealed_key` is the API key as the catalog encrypts it, base64."""

    slug: str
    kind: str
    base_url: str = ""
    sealed_key: str = ""
    max_concurrency: int = 16
    timeout_seconds: int = 60
    settings: Mapping[str, Any] = {}


class Model(Part):
    """`rates` None: nobody set a price, so that it can't be called."""

    name: str
    vendor_name: str
    provider: str
    tier: str
    max_output_tokens: int
    rates: Rates | None = None


class PromptOnModel(Part):
    """A prompt version on a model; has the attributes that `prompts.render` wants."""

    kind: Literal["prompt"] = "prompt"
    prompt: str
    number: int
    version_id: int
    messages: list[dict[str, str]]
    variables: dict[str, dict[str, Any]] = {}
    parameters: Mapping[str, Any] = {}
    output_schema: Mapping[str, Any] | None = None
    model: str

    @property
    def name(self) -> str:
        return f"{self.prompt} v{self.number}"


class Passthrough(Part):
    """The caller's own messages, on a model."""

    kind: Literal["passthrough"] = "passthrough"
    model: str
    output_schema: None = None
    number: ClassVar[None] = None  # said here, since asking pydantic for what is not there is slow
    version_id: ClassVar[None] = None

    @property
    def name(self) -> str:
        return self.model


class Instant(Part):
    """A rule set or a classifier: answers at once, for nothing. `version_id` is its version's row."""

    kind: Literal["rules", "classifier"]
    name: str
    number: int
    version_id: int
    inputs: tuple[str, ...] = ()
    source: str = ""  # of a rule set
    output_schema: None = None
    model: ClassVar[str] = ""


class Search(Part):
    """The feature's documents, without a model."""

    kind: Literal["search"] = "search"
    name: str = "search"
    passages: int = 3
    output_schema: None = None
    number: ClassVar[None] = None
    version_id: ClassVar[None] = None
    model: ClassVar[str] = ""


Approach = Annotated[PromptOnModel | Passthrough | Instant | Search, Field(discriminator="kind")]


class Deployment(Part):
    """What serves a feature. `share` is the percentage of the candidate, sticky by `salt`."""

    stable: Approach
    candidate: Approach | None = None
    share: Decimal = Decimal(0)
    salt: str = ""


class Flag(Part):
    """Who may use the feature: `on` for everybody, off, or for these tenants and a percentage of the rest."""

    key: str
    on: bool | None  # None: nobody knows
    tenants: frozenset[str] = frozenset()
    percent: Decimal = Decimal(0)
    salt: str = ""
    limited: bool = False  # to `tenants` and `percent`
    when_unknown: bool = False


class Learnt(Part):
    """A version of what was learnt for a feature; `weights` are `approaches.hashed`'s numbers in base64."""

    number: int
    sha256: str
    weights: str


class RouterModel(Learnt):
    """From `thresholds` on, by category, `small` does what `large` does with this version of the prompt."""

    small: str
    large: str
    prompt_version: int
    thresholds: Mapping[str, float]
    locales: frozenset[str] | None = None  # that it may route; None: they do not matter
    space: int | None = None  # whose vectors it reads; None: hashed n-grams

    def reads(self, locale: str) -> bool:
        """Whether a call in this locale may go to the small model: what was not measured may not."""
        return self.locales is None or locale in self.locales or locale.partition("-")[0] in self.locales


class CategoryModel(Learnt):
    """Says one of `labels` where it is at least `threshold` sure."""

    labels: tuple[str, ...]
    threshold: float


class Feature(Part):
    slug: str
    kind: Literal["chat", "embedding"] = "chat"
    policy: Policy = Policy()
    policy_number: int = 0
    deployment: Deployment | None = None
    flag: Flag | None = None  # None: everybody may
    knowledge_revision: int = 0
    router: RouterModel | None = None
    categories: CategoryModel | None = None


class Space(Part):
    """Who makes vectors, and how long they are: `model` is a name of ours, or `local` runs here.

    `alike`: texts that have nothing to do with each other are seldom more alike.
    """

    id: int
    model: str = ""
    local: str = ""
    asked: int | None = None
    cut: bool = False
    dimensions: int
    alike: float | None = None


class Stop(Part):
    """A kill switch that is thrown. `target` is a tenant, feature or model; "" for everything."""

    scope: Literal["global", "tenant", "feature", "model"]
    target: str = ""
    reason: str = ""


class Budget(Part):
    """A limit in USD for each period; `tenant` and `feature` None: all of them."""

    id: int
    tenant: str | None = None
    feature: str | None = None
    period: Literal["day", "month"]
    amount: Decimal
    hard: bool = True
    soft_share: Decimal = Decimal("0.8")  # from here on it warns


class Picture(Part):
    """`revision` rises with every publish."""

    revision: int = 0
    painted_at: datetime
    keys: Mapping[str, Key] = {}  # by id
    tenants: frozenset[str] = frozenset()
    features: Mapping[str, Feature] = {}  # by slug
    models: Mapping[str, Model] = {}  # by name
    providers: Mapping[str, Provider] = {}  # by slug
    stops: tuple[Stop, ...] = ()
    budgets: tuple[Budget, ...] = ()
    rule_sets: Mapping[str, Instant] = {}  # each one's newest version, for features that fall back on it
    spaces: Mapping[int, Space] = {}  # by their number
    uses: Mapping[str, int] = {}  # the space of each use; hashing, where it has none

    def space_of(self, use: str) -> Space | None:
        """Whose vectors `use` goes by; None: hashing."""
        number = self.uses.get(use)
        return None if number is None else self.spaces.get(number)

    def classifiers(self) -> frozenset[int]:
        """The versions of classifiers that serve."""
        served = (one.deployment for one in self.features.values() if one.deployment)
        arms = (arm for one in served for arm in (one.stable, one.candidate))
        return frozenset(arm.version_id for arm in arms if arm and arm.kind == "classifier")
