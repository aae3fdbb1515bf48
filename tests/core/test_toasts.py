import json
from typing import Any

import pytest
from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpResponse
from django.test import RequestFactory

from aiops.core import toasts


@pytest.fixture
def request_with_messages():
    request: Any = RequestFactory().get("/")
    request.session = {}
    request._messages = FallbackStorage(request)
    request.htmx = True
    return request


@pytest.mark.parametrize(
    ("tags", "path"),
    [
        ("/prompts/1/undo/", "/prompts/1/undo/"),
        ("", ""),
        ("//elsewhere.example", ""),
        ("https://elsewhere.example/", ""),
        ("javascript:alert(1)", ""),
        ("safe", ""),
    ],
)
def test_undo_leads_only_to_a_path_of_the_console(tags, path):
    assert toasts.undo_url(Message(messages.SUCCESS, "Done.", extra_tags=tags)) == path


def answer(request, response):
    return toasts.ToastMiddleware(lambda _: response)(request)


def test_a_swapped_answer_carries_the_message_as_an_event(request_with_messages):
    toasts.success(request_with_messages, "Saved.")
    response = answer(request_with_messages, HttpResponse("part"))
    assert json.loads(response["HX-Trigger"]) == {"aiops:toast": [{"text": "Saved.", "kind": "success"}]}


@pytest.mark.parametrize(
    "response",
    [
        HttpResponse(status=302),
        HttpResponse(headers={"HX-Redirect": "/"}),
        HttpResponse(headers={"HX-Refresh": "true"}),
    ],
)
def test_an_answer_that_leads_to_another_page_leaves_the_message_for_it(request_with_messages, response):
    toasts.failure(request_with_messages, "Not saved.")
    assert "HX-Trigger" not in answer(request_with_messages, response)


def test_an_answer_with_an_event_of_its_own_keeps_it(request_with_messages):
    toasts.success(request_with_messages, "Saved.")
    response = answer(request_with_messages, HttpResponse(headers={"HX-Trigger": "moved"}))
    assert response["HX-Trigger"] == "moved"


def test_a_whole_page_shows_its_messages_itself(request_with_messages):
    request_with_messages.htmx = False
    toasts.success(request_with_messages, "Saved.")
    assert "HX-Trigger" not in answer(request_with_messages, HttpResponse())


def test_without_messages_nothing_is_added(request_with_messages):
    assert "HX-Trigger" not in answer(request_with_messages, HttpResponse())
