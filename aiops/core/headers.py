"""What a page may ask of the browser: nothing."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

POLICY = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()"


class PermissionsPolicyMiddleware:
    """Tells the browser that no page of the console uses a camera, a microphone, a place and the like."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Permissions-Policy"] = POLICY
        return response
