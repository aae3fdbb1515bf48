"""One-time links to set a password: signed, good for a day, dead once the password has been set."""

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import send_mail
from django.urls import reverse

from aiops.accounts.models import User

LETTER = """Hello {name},

here you set your password for aiops:

{url}

The link works once, within 24 hours. If you did not expect it, ask your administrator.
"""

_tokens = PasswordResetTokenGenerator()


def path_for(person: User) -> str:
    """The path of a link with which `person` sets a password, once, within PASSWORD_RESET_TIMEOUT seconds.

    The signature covers the present password and the last sign-in, so either ends it.
    """
    return reverse("accounts:set-password", args=[person.pk, _tokens.make_token(person)])


def holder(pk: int, token: str) -> User | None:
    """The person whose link this is; None where it is used up, too old or forged, or the person inactive."""
    person = User.objects.filter(pk=pk, is_active=True).first()
    return person if person and _tokens.check_token(person, token) else None


def mail(person: User) -> None:
    """Send `person` such a link. OSError where the mail server cannot be reached or refuses."""
    letter = LETTER.format(name=person.name, url=settings.PUBLIC_URL + path_for(person))
    send_mail("Set your password for aiops", letter, None, [person.email])
