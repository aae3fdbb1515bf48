"""Why a call gets no answer from its approach. `status`, `type` and `code` are CONTRACTS 2.3.

GatewayError
├── CallerError               the request itself is wrong: no fallback, nothing spent
│   ├── InvalidRequest 400    ├── InvalidKey 401            ├── FeatureNotAllowed 403
│   ├── FeatureNotFound 404   ├── IdempotencyConflict 409   ├── IdempotencyInFlight 409
│   ├── TooLarge 413          ├── WrongMediaType 415        ├── TooSlow 408
│   ├── NotFound 404          └── NotReady 503
└── Unanswered                the feature's fallbacks may answer instead; `reason` says why
    ├── Stopped 503           ├── FlagOff 503               ├── OverBudget 429
    ├── OverLimit 429         ├── RetryLoop 429             ├── OutOfTime 504
    ├── ProviderFailed 502    └── Rejected 422
"""

from typing import ClassVar


class GatewayError(Exception):
    """The message is written for the caller's developer, and holds no secret."""

    status: ClassVar[int] = 500
    type: ClassVar[str] = "api_error"
    code: str = "internal_error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.param = param
        self.retry_after = retry_after


class CallerError(GatewayError):
    """The request itself is wrong."""

    type = "invalid_request_error"


class InvalidRequest(CallerError):
    """A field is missing, unknown or of the wrong kind; `param` names it."""

    status = 400
    code = "invalid_request_error"


class InvalidKey(CallerError):
    """No key, an unknown one, or one that has expired or been revoked."""

    status = 401
    type = "authentication_error"
    code = "invalid_api_key"


class FeatureNotAllowed(CallerError):
    """The key may not call this feature, or not for this tenant."""

    status = 403
    type = "permission_error"
    code = "feature_not_allowed"


class FeatureNotFound(CallerError):
    """There is no such feature, or nothing is deployed for it."""

    status = 404
    code = "feature_not_found"


class IdempotencyConflict(CallerError):
    """The same idempotency key came with another body."""

    status = 409
    code = "idempotency_conflict"


class IdempotencyInFlight(CallerError):
    """The first call with this idempotency key is still under way."""

    status = 409
    code = "idempotency_in_flight"


class TooLarge(CallerError):
    """The body is larger than the gateway reads."""

    status = 413
    code = "request_too_large"


class WrongMediaType(CallerError):
    """The body is not JSON."""

    status = 415
    code = "unsupported_media_type"


class TooSlow(CallerError):
    """The body did not arrive in time."""

    status = 408
    code = "request_timeout"


class NotFound(CallerError):
    """What the address names is not there, or not this tenant's."""

    status = 404
    code = "not_found"


class NotReady(CallerError):
    """The gateway has no decisions yet."""

    status = 503
    type = "api_error"
    code = "not_ready"


class Unanswered(GatewayError):
    """No answer from the approach: `reason` is a word of CONTRACTS 2.1."""

    reason: ClassVar[str]


class Stopped(Unanswered):
    """A kill switch."""

    status = 503
    code = "feature_disabled"
    reason = "kill_switch"


class FlagOff(Unanswered):
    """The feature is not on for this tenant or user."""

    status = 503
    code = "feature_disabled"
    reason = "flag_off"


class OverBudget(Unanswered):
    """The worst case of the call does not fit what is left of a budget."""

    status = 429
    type = "insufficient_quota"
    code = "budget_exceeded"
    reason = "budget"


class OverLimit(Unanswered):
    """Too many requests, tokens or calls at once."""

    status = 429
    type = "rate_limit_error"
    code = "rate_limit_exceeded"
    reason = "rate_limit"


class RetryLoop(Unanswered):
    """The same request failed again and again."""

    status = 429
    type = "rate_limit_error"
    code = "retry_loop"
    reason = "retry_loop"


class OutOfTime(Unanswered):
    """No answer within the feature's deadline."""

    status = 504
    code = "deadline_exceeded"
    reason = "timeout"


class ProviderFailed(Unanswered):
    """No model could answer."""

    status = 502
    code = "provider_error"
    reason = "provider_error"


class Rejected(Unanswered):
    """The output did not pass a guardrail."""

    status = 422
    type = "invalid_request_error"
    code = "output_rejected"
    reason = "guardrail"
