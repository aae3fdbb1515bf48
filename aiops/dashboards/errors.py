"""Error pages in words."""

from django.http import HttpRequest, HttpResponse


def bad_request(_request: HttpRequest, _exception: Exception) -> HttpResponse:
    return HttpResponse("bad request", status=400)


def forbidden(_request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse(str(exception), status=403)


def not_found(_request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse(str(exception), status=404)


def server_error(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("error", status=500)
