"""Work that a worker does for accounts."""

from celery import shared_task

from aiops.accounts import links
from aiops.accounts.models import User


@shared_task(name="accounts.mail_password_link", autoretry_for=(OSError,), retry_backoff=True, max_retries=5)
def mail_password_link(person_id: int) -> None:
    """Mail a one-time link; tries again while the mail server cannot be reached or refuses."""
    links.mail(User.objects.get(pk=person_id))
