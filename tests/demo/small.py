"""A small demo: the whole one takes a minute, and the journeys load it."""

import pytest

from aiops.demo import content, shape


def make_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two features and one run of the real manifest, and a few calls of its past."""
    few = {slug: shape.Shop(3, shop.grew, shop.languages) for slug, shop in shape.SHOPS.items()}
    monkeypatch.setattr(shape, "SHOPS", few)
    whole = content.manifest()
    part = whole.model_copy(
        update={
            "features": {slug: whole.features[slug] for slug in ("contract-terms", "support-summary")},
            "runs": tuple(run for run in whole.runs if run.feature == "contract-terms")[:1],
        }
    )
    monkeypatch.setattr(content, "manifest", lambda: part)
