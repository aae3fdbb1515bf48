"""Makes review items of calls and of evaluation results, with their seats; in the caller's transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiops.accounts.languages import language_of
from aiops.accounts.models import User
from aiops.core import clock
from aiops.evaluations.models import Result
from aiops.features.models import Feature
from aiops.gateway.models import Call
from aiops.reviews import masking, seating
from aiops.reviews.models import Guideline, ReviewItem, SamplingPolicy, Seat, Stratum
from aiops.reviews.sampling.chance import doubled
from aiops.reviews.weeks import monday

# Of a call what is copied as it is.
FACTS = ("tenant", "locale", "category", "approach_name", "version_id", "version_number", "model", "arm")
TEXTS = ("inputs", "messages", "output", "passages")


@dataclass(frozen=True, slots=True)
class Maker:
    """What all items of a feature have in common. A feature without a policy has one as it begins."""

    policy: SamplingPolicy
    guideline: Guideline | None
    by: User | None = None
    note: str = ""

    @classmethod
    def of(cls, feature: Feature, *, by: User | None = None, note: str = "") -> "Maker":
        policy = SamplingPolicy.objects.select_related("feature").filter(feature=feature).first()
        return cls(
            policy or SamplingPolicy(feature=feature),
            Guideline.objects.filter(feature=feature).first(),
            by,
            note,
        )

    def of_call(self, call: Call, stratum: Stratum, **drawn: Any) -> ReviewItem:
        """Not saved. `drawn`: probability, is_random."""
        facts = {name: getattr(call, name) for name in FACTS}
        asked = masking.asked(call.inputs, call.messages)
        texts = {"inputs": asked, "output": call.output, "passages": call.passages or []}
        facts |= {"source": ReviewItem.Source.CALL, "source_id": call.id, "source_at": call.at}
        return self._item(facts, texts, stratum, drawn)

    def of_result(self, result: Result, approach: str) -> ReviewItem:
        """Not saved; `approach` is the run's, by name."""
        run, case = result.run, result.case
        facts = {
            "source": ReviewItem.Source.RESULT,
            "source_id": str(result.pk),
            "source_at": result.created_at,
            "result": result,
            "locale": case.locale[:35],
            "category": case.category,
            "approach_name": approach[:200],
            "version_id": run.version_id,
            "version_number": run.version.number if run.version else None,
            "model": run.model.name if run.model else "",
        }
        texts = {"inputs": dict(case.inputs), "output": result.output, "passages": []}
        return self._item(facts, texts, Stratum.RUN, {})

    def _item(
        self, facts: Mapping[str, Any], texts: Mapping[str, Any], stratum: Stratum, drawn: Mapping[str, Any]
    ) -> ReviewItem:
        policy, locale, now = self.policy, facts["locale"], clock.now()
        shown = {name: masking.masked(text, policy.masked, locale) for name, text in texts.items()}
        twice = doubled(policy.feature.slug, facts["source_id"], policy.double_share)
        return ReviewItem(
            feature=policy.feature,
            stratum=stratum,
            language=language_of(locale),
            seats=max(policy.reviewers, 2 if twice else 1),
            scale=policy.scale,
            guideline=self.guideline,
            note=self.note,
            created_by=self.by,
            **({"probability": 1.0, "week": monday(now)} | dict(drawn)),
            **shown,
            **facts,
        )


def save(items: Iterable[ReviewItem], *, rank: int = Seat.Rank.ORDINARY) -> list[ReviewItem]:
    """Store new items with their free seats, in this order."""
    made = ReviewItem.objects.bulk_create(items, batch_size=500)
    seating.open_seats(made, rank=rank)
    return made
