"""Doors for the workers: ids in, one call, out."""

from celery import shared_task

from aiops.core import clock
from aiops.reviews import forgetting, looking
from aiops.reviews.sampling import sweep


@shared_task(name="reviews.look_again")
def look_again() -> None:
    """One more person for what a judge, asked later, sees differently from the first."""
    looking.look_again(clock.now())


@shared_task(name="reviews.reckon_agreement")
def reckon_agreement() -> None:
    """How far people agree, in features where somebody graded since."""
    from aiops.reviews import agreed  # noqa: PLC0415 - seconds and memory, for workers only

    now = clock.now()
    for feature in agreed.stale(now):
        agreed.reckoned(feature, now=now)


@shared_task(name="reviews.draw")
def draw() -> None:
    """Every five minutes: hours of calls that are over are drawn from."""
    sweep.draw_all()


@shared_task(name="reviews.forget")
def forget() -> None:
    """Each day: texts of items go with those of their calls."""
    forgetting.forget()
