import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops.providers.protocol import Message, Usage
from aiops.providers.usage import estimate, from_anthropic, from_openai

COUNT = st.integers(0, 10**6)
NOISE = (
    st.none()
    | st.integers(-5, 10**6)
    | st.text(max_size=3)
    | st.booleans()
    | st.floats()
    | st.lists(COUNT, max_size=1)
)
MESSY = st.dictionaries(
    st.sampled_from(
        [
            "prompt_tokens",
            "completion_tokens",
            "total_tokens",
            "input_tokens",
            "output_tokens",
            "cache_read_input_tokens",
            "cache_creation_input_tokens",
            "prompt_cache_hit_tokens",
        ]
    ),
    NOISE,
)
DETAILS = st.dictionaries(st.sampled_from(["cached_tokens", "cache_write_tokens", "reasoning_tokens"]), NOISE)


def test_openai_classes_become_disjoint():
    reported = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "total_tokens": 150,
        "prompt_tokens_details": {"cached_tokens": 64},
        "completion_tokens_details": {"reasoning_tokens": 30},
    }
    assert from_openai(reported) == Usage(input=36, cached_input=64, output=20, reasoning=30)


def test_openai_cache_writes_are_taken_out_of_the_input():
    details = {"cached_tokens": 10, "cache_write_tokens": 20}
    reported = {"prompt_tokens": 100, "completion_tokens": 1, "prompt_tokens_details": details}
    assert from_openai(reported) == Usage(input=70, cached_input=10, cache_write=20, output=1)


def test_reasoning_reported_beside_the_completion_is_not_lost():
    reported = {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_tokens": 45,
        "completion_tokens_details": {"reasoning_tokens": 30},
    }
    assert from_openai(reported) == Usage(input=10, output=5, reasoning=30)


def test_reasoning_that_only_the_total_shows_is_not_lost():
    assert from_openai({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 45}) == Usage(
        input=10, output=5, reasoning=30
    )


def test_deepseek_names_its_cache_hits_otherwise():
    reported = {"prompt_tokens": 10, "completion_tokens": 5, "prompt_cache_hit_tokens": 8}
    assert from_openai(reported) == Usage(input=2, cached_input=8, output=5)


def test_anthropic_classes_are_disjoint_already():
    reported = {
        "input_tokens": 36,
        "output_tokens": 20,
        "cache_read_input_tokens": 64,
        "cache_creation_input_tokens": 8,
    }
    assert from_anthropic(reported) == Usage(input=36, cached_input=64, cache_write=8, output=20)


ABSURD = {"prompt_tokens": 10**18, "completion_tokens": 10**18}  # no column holds it, and no vendor means it


@pytest.mark.parametrize(
    "reported", [None, {}, [], "many", {"prompt_tokens": 1}, {"prompt_tokens": True}, ABSURD]
)
def test_missing_usage_is_none(reported):
    assert from_openai(reported) is None
    assert from_anthropic(reported) is None


@given(MESSY, DETAILS | NOISE, DETAILS | NOISE)
def test_no_class_is_ever_negative(reported, prompt, completion):
    reported = {**reported, "prompt_tokens_details": prompt, "completion_tokens_details": completion}
    for usage in (from_openai(reported), from_anthropic(reported)):
        assert usage is None or all(getattr(usage, name) >= 0 for name in Usage.__dataclass_fields__)


@given(COUNT, COUNT, COUNT, COUNT)
def test_split_loses_and_adds_no_token(prompt, completion, cached, reasoning):
    usage = from_openai(
        {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": cached},
            "completion_tokens_details": {"reasoning_tokens": reasoning},
        }
    )
    assert usage is not None
    assert usage.input + usage.cached_input == prompt
    assert usage.output + usage.reasoning == completion


def test_estimate_counts_bytes():
    assert estimate((Message("user", "日本語"),), "abc") == Usage(input=7, output=1)
