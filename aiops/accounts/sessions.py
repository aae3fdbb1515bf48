"""Sessions: rows that know their person, and end 12 hours after the last click, 7 days after the start."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from aiops.accounts.models import Session
from aiops.core import clock

LONGEST = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=5)


class SessionStore(DatabaseStore):
    """Django's database store with `started_at` and `seen_at` in the data, and columns that repeat them."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        now = clock.now().isoformat()
        data.setdefault("started_at", now)
        data["seen_at"] = now
        return Session(
            session_key=self._get_or_create_session_key(),  # type: ignore[attr-defined]  # the stubs lack it
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            user_id=data.get(SESSION_KEY),
            started_at=data["started_at"],
            seen_at=now,
            address=data.get("address", ""),
            agent=data.get("agent", ""),
        )

    def get_expiry_date(self, **options: Any) -> datetime:
        """When the session ends unless it is used: never later than `LONGEST` after its start."""
        idle: datetime = super().get_expiry_date(**options)
        started = self.get("started_at")
        return min(idle, datetime.fromisoformat(started) + LONGEST) if started else idle

    @property
    def is_stale(self) -> bool:
        """Whether `seen_at` is so old that the present request should renew it."""
        seen: str | None = self.get("seen_at")
        return seen is not None and clock.now() - datetime.fromisoformat(seen) > SEEN_EVERY
