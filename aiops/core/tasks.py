"""Background work is asked for by name, and only once the asking transaction has been committed."""

from typing import Any

from celery import current_app
from django.db import transaction


def enqueue(
    task: str, *args: Any, countdown: float | None = None, expires: float | None = None, hint: bool = False
) -> None:
    """Send `task` (its registered name) with ids as `args` to the workers, on commit.

    The name instead of the function keeps imports falling: an app below may ask for work of one above.
    After `expires` seconds in the queue workers drop it unread. A `hint` may get lost, since a row says what
    is to be done and somebody looks for it: a broker that is away is logged, and stops nobody.
    """

    def send() -> None:  # a named function: Django's robust hooks can't log a partial
        current_app.send_task(task, args=args, countdown=countdown, expires=expires)

    transaction.on_commit(send, robust=hint)
