"""What can go wrong between us and a vendor. Each error knows whether trying again may help.

ProviderError              the message is written for people and never holds a key
├── Timeout                no whole answer in the time given
├── Unreachable            no connection                                               (again)
│   └── Broken             it broke before the answer was whole: it may be billed      (again)
├── RateLimited            429: too many requests                                      (again)
├── ServerError            408, 409, 5xx: the vendor could not, this time              (again)
├── Refused                any other status: the request itself is not accepted
│   ├── BadKey             401, 403
│   ├── NoCredit           429 that means "pay first", which waiting does not mend
│   └── Unsupported        the adapter knows that this vendor cannot do what is asked
└── BadReply               a success that is not what the vendor's API promises
"""

from typing import ClassVar


class ProviderError(Exception):
    """A vendor did not answer as asked.

    `status` is the HTTP status, None where there was none; `retry_after` the seconds that the vendor asks us
    to wait; `attempts` how many requests were sent in all.
    """

    again: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.retry_after = retry_after
        self.retryable = self.again if retryable is None else retryable
        self.attempts = 1


class Timeout(ProviderError):
    """No whole answer in the time given."""


class Unreachable(ProviderError):
    """No connection."""

    again = True


class Broken(Unreachable):
    """The connection broke before the answer was whole: the vendor may have worked, and bill it."""


class RateLimited(ProviderError):
    """The vendor takes no more requests for now."""

    again = True


class ServerError(ProviderError):
    """The vendor could not, this time."""

    again = True


class Refused(ProviderError):
    """The vendor does not accept the request."""


class BadKey(Refused):
    """The vendor does not accept the API key."""


class NoCredit(Refused):
    """The vendor wants to be paid first."""


class Unsupported(Refused):
    """This vendor cannot do what is asked."""


class BadReply(ProviderError):
    """A success that is not what the vendor's API promises."""
