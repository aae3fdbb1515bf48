"""What somebody sees after too many wrong passwords."""

from typing import Any

from django.http import HttpRequest, HttpResponse


def locked_out(_request: HttpRequest, _response: Any, _credentials: dict[str, Any], *_: Any) -> HttpResponse:
    return HttpResponse("Too many wrong passwords. Try again in 15 minutes.", status=429)
