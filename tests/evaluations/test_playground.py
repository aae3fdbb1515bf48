"""The playground: what is sent, what is kept, who may."""

import json
from decimal import Decimal

import pytest
from django.urls import reverse

from aiops.audit.models import AuditEvent
from aiops.catalog.models import Provider
from aiops.evaluations.models import PlaygroundCall, Trial
from aiops.evaluations.playground import seats, streaming
from aiops.evaluations.playground.desk import Desk
from aiops.evaluations.playground.events import Written
from aiops.evaluations.playground.starting import started
from aiops.providers.errors import BadReply, RateLimited
from aiops.providers.protocol import ChatPiece, ChatReply, Usage
from tests.evaluations.stage import MemoryProvider, always, raising
from tests.factories import (
    make_case,
    make_dataset,
    make_feature,
    make_model,
    make_price,
    make_prompt,
    make_provider,
    make_version,
)
from tests.fakes.answers import fixed
from tests.fakes.model_server import ModelServer

PAGE = "/playground/"


@pytest.fixture(autouse=True)
def in_memory(monkeypatch):
    """Every provider of the catalog is this one."""
    memory = MemoryProvider(answer=always("late"))
    monkeypatch.setattr(streaming, "open_provider", lambda _row: memory)
    return memory


@pytest.fixture
def engineer(as_role):
    return as_role("engineer")


@pytest.fixture
def price(db):
    return make_price()


@pytest.fixture
def version(db):
    return make_version()


@pytest.fixture
def case(db):
    return make_case(dataset=make_dataset(scorers=[{"type": "exact"}, {"type": "sql"}]))


def source_of(version):
    return bytes(version.source).decode()


def sent(version, *prices, **more):
    """What the form sends."""
    models = {f"model_{number}": price.model.name for number, price in enumerate(prices, 1)}
    fields = {
        "prompt": version.prompt.name,
        "begun": version.number,
        "latest": version.number,
        "source": source_of(version),
        "input.ticket": "Where is it?",
    }
    return {**fields, **models, **more}


def stream(client, data):
    response = client.post(PAGE + "stream/", data)
    body = b"".join(response.streaming_content).decode()
    return [json.loads(line[6:]) for line in body.split("\n\n") if line.startswith("data: ")]


class Pieces(MemoryProvider):
    """Streams its pieces one by one; an exception among them is raised."""

    def __init__(self, *pieces):
        super().__init__()
        self.pieces = pieces

    async def stream(self, request, *, timeout):
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield ChatPiece(piece)
        yield ChatPiece("", ChatReply("".join(self.pieces), Usage(input=10, output=3), "stop", request.model))


# The page


def test_page_without_any_prompt_says_what_to_do(engineer):
    assert "There is no prompt to try yet" in engineer.get(PAGE).content.decode()


def test_page_opens_on_the_prompt_of_the_address_with_the_inputs_of_a_case(engineer, version, price, case):
    answer = engineer.get(
        PAGE, {"prompt": version.prompt.name, "dataset": case.dataset.name, "case": case.key}
    )
    assert answer.context["desk"].begun == version
    assert answer.context["inputs"].inputs() == case.inputs
    assert answer.context["most"] > 0


def test_page_of_a_dataset_takes_its_first_case_and_the_prompt_of_its_feature(engineer, price):
    make_version(prompt=make_prompt(name="a-first"))
    feature = make_feature()
    version = make_version(prompt=make_prompt(feature=feature))
    case = make_case(dataset=make_dataset(feature=feature))
    desk = engineer.get(PAGE, {"dataset": case.dataset.name}).context["desk"]
    assert (desk.case, desk.prompt) == (case, version.prompt)


def test_dataset_of_a_feature_without_a_prompt_leaves_the_prompt_open(engineer, price, version):
    case = make_case(dataset=make_dataset(feature=make_feature()))
    assert engineer.get(PAGE, {"dataset": case.dataset.name}).context["desk"].prompt == version.prompt


def test_case_that_does_not_exist_is_a_404(engineer, version, case):
    assert engineer.get(PAGE, {"dataset": case.dataset.name, "case": "none"}).status_code == 404


@pytest.mark.parametrize("trial", ["17", "x", "9" * 40])
def test_trial_that_does_not_exist_is_a_404(engineer, version, trial):
    assert engineer.get(PAGE, {"trial": trial}).status_code == 404


def test_prompt_without_a_version_begins_with_a_scaffold(engineer, price):
    prompt = make_prompt()
    answer = engineer.get(PAGE, {"prompt": prompt.name})
    assert (answer.context["desk"].begun, answer.context["changed"]) == (None, True)


def test_models_of_the_address_are_chosen_and_else_the_one_that_the_version_names(engineer, price):
    named = make_price(model=make_model(name="named"))
    version = make_version(model="named")
    asked = {"prompt": version.prompt.name}
    assert engineer.get(PAGE, asked).context["desk"].models == [named.model]
    chosen = engineer.get(PAGE, {**asked, "model": [price.model.name, "gone"]}).context["desk"].models
    assert chosen == [price.model]


def test_page_opens_where_the_person_was_last(engineer, price):
    make_version(prompt=make_prompt(name="a-first"))
    version = make_version()
    stream(engineer, sent(version, price))
    assert engineer.get(PAGE).context["desk"].prompt == version.prompt


def test_viewers_may_look_but_not_run(as_role, version, price):
    viewer = as_role("viewer")
    assert "data-run" not in viewer.get(PAGE).content.decode()
    assert [
        viewer.post(PAGE + end, sent(version, price)).status_code for end in ("run/", "stream/", "save/")
    ] == [403] * 3


def test_product_managers_may_run_but_not_save(as_role, version, price):
    client = as_role("product")
    assert stream(client, sent(version, price))[-1] == {"end": True}
    assert client.post(PAGE + "save/", sent(version, price)).status_code == 403
    call = PlaygroundCall.objects.get()
    assert client.get(reverse("playground:save-case", args=[call.pk])).status_code == 403


# Streaming


def test_answer_appears_piece_by_piece_and_then_with_what_it_took(engineer, version, price, monkeypatch):
    monkeypatch.setattr(streaming, "open_provider", lambda _row: Pieces('{"a": ', "1}"))
    events = stream(engineer, sent(version, price))
    call = PlaygroundCall.objects.get()
    assert events[0] == {"trial": call.trial_id, "calls": [{"id": call.pk, "model": price.model.name}]}
    assert "".join(event.get("text", "") for event in events) == '{"a": 1}'
    ended = events[-2]
    assert (ended["state"], ended["output"], ended["error"]) == ("Answered", '{\n  "a": 1\n}', "")
    assert ended["took"].startswith("$0.0000220 · 10 + 3 tokens")
    assert events[-1] == {"end": True}


def test_call_is_kept_with_its_text_money_and_author(engineer, version, price):
    stream(engineer, sent(version, price))
    call = PlaygroundCall.objects.select_related("trial").get()
    trial = call.trial
    assert (trial.created_by, trial.version, trial.draft, trial.case) == (engineer.user, version, "", None)
    assert (trial.inputs, call.messages) == (
        {"ticket": "Where is it?"},
        [{"role": "user", "content": "Summarise: Where is it?"}],
    )
    assert (call.output, call.cost, call.unaccounted) == ("late", Decimal("0.0003"), 0)
    assert call.latency_ms is not None


def test_three_models_are_asked_side_by_side(engineer, version, in_memory):
    prices = [make_price() for _ in range(3)]
    in_memory.pause = 0.01
    events = stream(engineer, sent(version, *prices))
    assert [call["model"] for call in events[0]["calls"]] == [price.model.name for price in prices]
    assert in_memory.most_at_once == 3


def test_draft_is_kept_as_text(engineer, version, price):
    draft = source_of(version).replace("Summarise", "Shorten")
    stream(engineer, sent(version, price, source=draft.replace("\n", "\r\n")))
    trial = Trial.objects.get()
    assert (trial.draft, trial.version, trial.subject) == (
        draft,
        version,
        f"{version.prompt.name}, a draft after v1",
    )


def test_line_ends_of_browsers_make_no_draft(engineer, version, price):
    stream(engineer, sent(version, price, source=source_of(version).replace("\n", "\r\n")))
    assert Trial.objects.get().draft == ""


def test_error_of_a_vendor_stands_in_its_column_and_stops_no_other(engineer, version, monkeypatch):
    good, bad = make_price(), make_price()
    failing = {bad.model.provider_id: MemoryProvider(answer=raising(RateLimited("Too many requests (429).")))}
    monkeypatch.setattr(
        streaming, "open_provider", lambda row: failing.get(row.pk, MemoryProvider(answer=always("fine")))
    )
    stream(engineer, sent(version, good, bad))
    first, second = PlaygroundCall.objects.all()
    assert (first.state, first.output) == ("answered", "fine")
    assert (second.state, second.error_kind, second.error) == (
        "failed",
        "rate_limited",
        "Too many requests (429).",
    )
    assert second.unaccounted == 0


@pytest.mark.parametrize(
    ("pieces", "output", "billed"),
    [
        ((RateLimited("no"),), "", False),
        (("Half ", RateLimited("no")), "Half ", True),
        ((BadReply("no"),), "", True),
    ],
)
def test_what_a_broken_answer_may_have_cost_is_kept(
    engineer, version, price, monkeypatch, pieces, output, billed
):
    monkeypatch.setattr(streaming, "open_provider", lambda _row: Pieces(*pieces))
    stream(engineer, sent(version, price))
    call = PlaygroundCall.objects.get()
    assert (call.state, call.output, call.unaccounted > 0) == ("failed", output, billed)


def test_stream_that_ends_without_an_answer_is_a_failure(engineer, version, price, monkeypatch):
    class Breaking(MemoryProvider):
        async def stream(self, request, *, timeout):
            yield ChatPiece("Half")

    monkeypatch.setattr(streaming, "open_provider", lambda _row: Breaking())
    stream(engineer, sent(version, price))
    assert PlaygroundCall.objects.get().error == "The stream ended without an answer."


def test_answer_that_takes_too_long_is_given_up(engineer, version, price, in_memory, settings):
    settings.PLAYGROUND = {"longest": 0.05}
    in_memory.pause = 5
    stream(engineer, sent(version, price))
    call = PlaygroundCall.objects.get()
    assert (call.state, call.error) == ("failed", "The answer took longer than 0.05 s.")
    assert in_memory.closed


def test_silence_is_written_so_that_a_browser_that_left_is_noticed(
    engineer, version, price, in_memory, settings
):
    settings.PLAYGROUND = {"tick": 0.01}
    in_memory.pause = 0.05
    response = engineer.post(PAGE + "stream/", sent(version, price))
    assert b":\n\n" in b"".join(response.streaming_content)


def written(user, version, price):
    """The bytes of an answer, as the server holds them."""
    desk = Desk(prompt=version.prompt, begun=version, source=source_of(version), models=[price.model])
    return Written(started(by=user, desk=desk, inputs={"ticket": "Where is it?"}))


def test_browser_that_leaves_stops_the_call(engineer, version, price, in_memory, settings):
    settings.PLAYGROUND = {"tick": 0.01, "seats": 1}
    in_memory.pause = 5
    answer = written(engineer.user, version, price)
    events = iter(answer)
    next(events), next(events)
    answer.close()
    call = PlaygroundCall.objects.get()
    assert (call.state, call.error) == ("stopped", "Stopped before the answer was whole.")
    assert (call.unaccounted > 0, in_memory.at_once, in_memory.closed) == (True, 0, True)


@pytest.mark.parametrize("read", [0, 1])
def test_seat_is_given_back_once_however_little_was_read(engineer, version, price, settings, read):
    settings.PLAYGROUND = {"seats": 1}
    answer = written(engineer.user, version, price)
    for _ in zip(range(read), answer, strict=False):
        pass
    answer.close()
    answer.close()
    assert PlaygroundCall.objects.get().state == "stopped"
    seats.take(engineer.user).give_back()


def test_seats_are_few_and_a_full_house_says_so(engineer, version, price, settings):
    settings.PLAYGROUND = {"seats": 0}
    answer = engineer.post(PAGE + "stream/", sent(version, price))
    assert (answer.status_code, answer.json()["problems"]) == (
        409,
        ["The playground is busy: others are being answered. Try again in a moment."],
    )
    assert not Trial.objects.exists()


def test_nobody_takes_more_than_their_share(engineer, version, price):
    stream(engineer, sent(version, price))
    stream(engineer, sent(version, price))
    PlaygroundCall.objects.update(state="running", finished_at=None)
    answer = engineer.post(PAGE + "stream/", sent(version, price))
    assert answer.json()["problems"] == [
        "Two of your trials are still being answered: wait for them, or stop one."
    ]


def test_seat_is_given_back_where_nothing_could_be_written_down(
    engineer, version, price, settings, monkeypatch
):
    settings.PLAYGROUND = {"seats": 1}
    monkeypatch.setattr("aiops.evaluations.playground.recording.begin", raising(RuntimeError("away")))
    with pytest.raises(TypeError):
        engineer.post(PAGE + "stream/", sent(version, price))
    seats.take(engineer.user).give_back()


# What is refused


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source": "---\nname: x\n"}, "line 1: the front matter that begins here has no closing '---' line"),
        ({"input.ticket": ""}, "the variable 'ticket' is missing"),
        ({"model_1": ""}, "Choose a model to ask."),
        ({"prompt": "gone"}, "The form is incomplete: load the page again."),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_is_sent(engineer, version, price, change, words):
    answer = engineer.post(PAGE + "stream/", sent(version, price, **change))
    assert (answer.status_code, answer.json()["problems"]) == (422, [words])
    assert not Trial.objects.exists()


def test_call_that_could_cost_too_much_is_refused(engineer, version, price, settings):
    settings.PLAYGROUND = {"ceiling": Decimal("0.0001")}
    answer = engineer.post(PAGE + "stream/", sent(version, price))
    assert answer.json()["problems"] == [
        (
            f"on {price.model} the call could cost $0.00415, and the playground allows $0.000100 a call; "
            "lower max_tokens or shorten the inputs"
        )
    ]


# Scores


def test_answer_to_a_case_is_scored_by_the_quick_scorers_of_its_dataset(engineer, version, price, case):
    stream(engineer, sent(version, price, **{"case": case.pk, "input.ticket": case.inputs["ticket"]}))
    call = PlaygroundCall.objects.get()
    assert call.trial.case == case
    assert call.scores == [{"scorer": "exact", "value": 1.0, "passed": True, "reason": ""}]
    page = engineer.get(PAGE, {"trial": call.trial_id}).content.decode()
    assert "Applied by runs only: sql" in page


def test_inputs_that_differ_from_the_case_are_scored_by_nothing(engineer, version, price, case):
    stream(engineer, sent(version, price, case=case.pk))
    call = PlaygroundCall.objects.get()
    assert (call.trial.case, call.scores) == (None, [])


def test_scorers_that_are_wrong_leave_the_answer_alone(engineer, version, price):
    case = make_case(
        dataset=make_dataset(scorers=[{"type": "regex"}]), checks=[{"type": "contains", "value": "late"}]
    )
    stream(engineer, sent(version, price, **{"case": case.pk, "input.ticket": case.inputs["ticket"]}))
    scores = PlaygroundCall.objects.get().scores
    assert [(score["scorer"], score["passed"]) for score in scores] == [("checks", True)]


# Without JavaScript


def test_without_javascript_the_finished_answers_stand_on_the_page_of_the_trial(
    engineer, version, price, in_memory
):
    in_memory.answer = always("<script>alert(1)</script>")
    answer = engineer.post(PAGE + "run/", sent(version, price))
    trial = Trial.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}?trial={trial.pk}")
    page = engineer.get(answer["Location"])
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.content.decode()
    assert "<script>alert" not in page.content.decode()
    assert page.context["desk"].models == [price.model]


def test_without_javascript_problems_come_back_with_what_was_typed(engineer, version, price):
    answer = engineer.post(PAGE + "run/", sent(version, price, **{"input.ticket": ""}))
    assert (answer.status_code, [str(problem) for problem in answer.context["problems"]]) == (
        422,
        ["the variable 'ticket' is missing"],
    )
    assert engineer.post(PAGE + "run/", sent(version, price, prompt="gone")).status_code == 422


def test_form_that_names_nothing_where_there_is_nothing(engineer):
    assert engineer.post(PAGE + "run/", {}).status_code == 422


# The check while somebody types


def test_check_says_what_a_run_costs_at_most(engineer, version, price):
    answer = engineer.post(PAGE + "check/", sent(version, price))
    assert "At most <b>$0.00415</b> for 1 call" in answer.content.decode()


def test_check_of_a_draft_shows_the_inputs_that_it_declares(engineer, version, price):
    draft = source_of(version).replace(
        "{ticket: {type: string}}", "{ticket: {type: string}, tone: {type: string}}"
    )
    answer = engineer.post(
        PAGE + "check/", sent(version, price, source=draft), headers={"HX-Trigger": "draft"}
    )
    page = answer.content.decode()
    assert 'hx-swap-oob="true"' in page
    assert 'name="input.tone"' in page
    assert "This field is required" not in page
    assert "the variable &#x27;tone&#x27; is declared and never used" in page


def test_check_of_a_broken_draft_says_the_line(engineer, version, price):
    page = engineer.post(PAGE + "check/", sent(version, price, source="---\nname: x\n")).content.decode()
    assert "The draft cannot be run or saved yet." in page


def test_check_of_an_incomplete_form_says_so(engineer, version):
    assert "load the page again" in engineer.post(PAGE + "check/", {}).content.decode()


# Opened again


def test_trial_opens_again_with_its_draft_inputs_and_answers(engineer, version, price):
    draft = source_of(version).replace("Summarise", "Shorten")
    stream(engineer, sent(version, price, source=draft))
    page = engineer.get(PAGE, {"trial": Trial.objects.get().pk})
    assert (page.context["desk"].source, page.context["inputs"].inputs()) == (
        draft,
        {"ticket": "Where is it?"},
    )
    assert [text for _, text, _ in page.context["answers"]] == ["late"]


def test_answers_alone_are_a_fragment_of_the_page(engineer, version, price):
    stream(engineer, sent(version, price))
    answer = engineer.get(PAGE, {"trial": Trial.objects.get().pk}, headers={"HX-Request": "true"})
    assert answer.templates[0].name == "evaluations/_play_fragment.html"


def test_list_of_calls_explains_the_spend(engineer, version, price, django_assert_num_queries):
    stream(engineer, sent(version, price))
    url = PAGE + "calls/"
    engineer.get(url)
    with django_assert_num_queries(5):
        engineer.get(url)
    stream(engineer, sent(version, price, make_price()))
    with django_assert_num_queries(5):
        page = engineer.get(url)
    assert len(page.context["page"].object_list) == 3
    assert list(engineer.get(url, {"by": "nobody@example.com"}).context["page"].object_list) == []


# Saving


def test_draft_becomes_the_next_version_and_the_desk_stays(engineer, version, price, case):
    draft = source_of(version).replace("Summarise", "Shorten")
    answer = engineer.post(PAGE + "save/", sent(version, price, source=draft, note="shorter", case=case.pk))
    made = version.prompt.versions.get(number=2)
    assert (bytes(made.source).decode(), made.note, made.author) == (draft, "shorter", engineer.user)
    assert answer["Location"] == (
        f"{PAGE}?prompt={version.prompt.name}&version=2&model={price.model.name}"
        f"&dataset={case.dataset.name}&case={case.key}"
    )
    assert AuditEvent.objects.filter(action="prompts.version_created").count() == 1


def test_text_that_nobody_changed_makes_no_version(engineer, version, price):
    engineer.post(PAGE + "save/", sent(version, price))
    assert version.prompt.versions.count() == 1


def test_draft_with_problems_is_not_saved(engineer, version, price):
    answer = engineer.post(PAGE + "save/", sent(version, price, source="---\nname: x\n"))
    assert (answer.status_code, version.prompt.versions.count()) == (422, 1)
    assert engineer.post(PAGE + "save/", {}).status_code == 422


def test_draft_that_was_overtaken_is_saved_at_the_second_press(engineer, version, price):
    make_version(prompt=version.prompt)
    draft = source_of(version).replace("Summarise", "Shorten")
    answer = engineer.post(PAGE + "save/", sent(version, price, source=draft))
    assert (answer.status_code, version.prompt.versions.count()) == (409, 2)
    assert "version 2 was saved meanwhile" in str(answer.context["problems"][0])
    again = sent(version, price, source=draft, latest=answer.context["form"]["latest"].value())
    assert engineer.post(PAGE + "save/", again).status_code == 302


def test_answer_becomes_a_case_that_says_where_it_came_from(engineer, version, price, case):
    stream(engineer, sent(version, price, **{"case": case.pk, "input.ticket": case.inputs["ticket"]}))
    call = PlaygroundCall.objects.get()
    url = reverse("playground:save-case", args=[call.pk])
    shown = engineer.get(url).context["form"]
    data = {name: shown[name].value() or "" for name in shown.fields if name != "must_pass"}
    answer = engineer.post(url, data)
    made = case.dataset.cases.get(key=f"playground-{call.pk}")
    assert answer.status_code == 302
    assert (made.inputs, made.expected, made.category, made.locale) == (
        case.inputs,
        "late",
        case.category,
        case.locale,
    )
    assert made.metadata == {
        "source": {
            "playground_call": call.pk,
            "prompt": version.prompt.name,
            "model": price.model.name,
            "version": 1,
            "draft": False,
            "case": f"{case.dataset.name}: {case.key}",
        }
    }
    refused = engineer.post(url, data)
    assert (refused.status_code, case.dataset.cases.count()) == (422, 2)


def test_answer_in_json_is_offered_as_json(engineer, version, price, in_memory):
    in_memory.answer = always('{"a": 1}')
    stream(engineer, sent(version, price))
    in_memory.answer = always("{a")
    stream(engineer, sent(version, price))
    kinds = [
        engineer.get(reverse("playground:save-case", args=[call.pk])).context["form"]["expected_kind"].value()
        for call in PlaygroundCall.objects.all()
    ]
    assert kinds == ["json", "text"]


# Over real sockets


@pytest.mark.parametrize("kind", [Provider.Kind.OPENAI_COMPATIBLE, Provider.Kind.ANTHROPIC])
def test_answer_streams_from_a_real_server(engineer, version, kind, monkeypatch):
    monkeypatch.undo()
    with ModelServer(answer=fixed("A short answer in pieces.")) as server:
        provider = make_provider(kind=kind, base_url=server.base_url)
        price = make_price(model=make_model(provider=provider))
        events = stream(engineer, sent(version, price))
    assert "".join(event.get("text", "") for event in events) == "A short answer in pieces."
    assert events[-2]["state"] == "Answered"


def test_stream_that_breaks_keeps_what_had_come(engineer, version, monkeypatch):
    monkeypatch.undo()
    with ModelServer(answer=fixed("A short answer in pieces.")) as server:
        server.script("cut")
        provider = make_provider(kind=Provider.Kind.OPENAI_COMPATIBLE, base_url=server.base_url)
        stream(engineer, sent(version, make_price(model=make_model(provider=provider))))
    call = PlaygroundCall.objects.get()
    assert (call.state, call.error_kind, call.unaccounted > 0) == ("failed", "broken", True)
    assert "A short answer".startswith(call.output)
