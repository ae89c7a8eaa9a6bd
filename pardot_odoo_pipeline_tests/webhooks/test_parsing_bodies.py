from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.webhooks.bodies import MOST_DEPTH, read_items
from pardot_odoo_pipeline.webhooks.refusals import Refused

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


def refusal(body: bytes, content_type: str = JSON, most: int = 3) -> Refused:
    with pytest.raises(Refused) as caught:
        read_items(body, content_type, most)
    return caught.value


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON; charset=UTF-8",
        'application/json;charset="utf-8"',
        "application/cloudevents+json",
    ],
)
def test_json_is_read_under_its_names(content_type: str) -> None:
    assert read_items(b'{"a": 1}', content_type, 3) == ([{"a": 1}], False)


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "text/json", "application/xml", "multipart/form-data; boundary=x", "json"],
)
def test_other_types_are_refused(content_type: str) -> None:
    assert refusal(b"{}", content_type).status == 415


@pytest.mark.parametrize("content_type", [JSON, FORM])
def test_other_character_sets_are_refused(content_type: str) -> None:
    assert refusal(b"{}", f"{content_type}; charset=iso-8859-1").status == 415


@pytest.mark.parametrize("body", [b'{"a": "\xe9"}', '{"a": "é"}'.encode("utf-16"), b"\xff"])
def test_what_is_not_utf8_is_told_so(body: bytes) -> None:
    assert refusal(body).code == "not_utf8"


@pytest.mark.parametrize("body", [b"a=%E9", b"a=\xe9"])
def test_a_form_that_is_not_utf8_is_told_so(body: bytes) -> None:
    assert refusal(body, FORM).code == "not_utf8"


@pytest.mark.parametrize("body", [b"", b"{", b"{'a': 1}", b"nope", b'{"a": NaN}', b"{}{}"])
def test_what_is_not_json_is_told_so(body: bytes) -> None:
    assert refusal(body).code == "not_json"


@given(st.integers(1, 60), st.booleans())
def test_depth_is_limited_exactly(depth: int, objects: bool) -> None:
    opening, closing = (b'{"a":', b"}") if objects else (b"[", b"]")
    body = b'{"x": ' + opening * (depth - 1) + b"1" + closing * (depth - 1) + b"}"
    if depth > MOST_DEPTH:
        assert refusal(body).code == "too_deep"
    else:
        assert read_items(body, JSON, 3)[0] == [orjson.loads(body)]


@pytest.mark.parametrize("depth", [1_000, 100_000])
def test_what_is_nested_out_of_all_measure_is_refused(depth: int) -> None:
    assert refusal(b"[" * depth + b"]" * depth).code == "too_deep"
    assert refusal(b'{"a":' * depth + b"1" + b"}" * depth).code == "too_deep"


def test_many_brackets_side_by_side_are_not_deep() -> None:
    body = orjson.dumps({"a": [[n] for n in range(100)], "text": "{[" * 100})
    assert read_items(body, JSON, 3)[0] == [orjson.loads(body)]


def test_the_number_of_events_is_limited() -> None:
    assert len(read_items(b"[{},{},{}]", JSON, 3)[0]) == 3
    assert refusal(b"[{},{},{},{}]").status == 413
    assert refusal(b'{"events": [{},{},{},{}]}').status == 413
    assert refusal(b"[]").status == 422


def test_a_form_field_must_not_contradict_itself() -> None:
    assert read_items(b"a=1&a=1", FORM, 3) == ([{"a": "1"}], False)
    assert refusal(b"a=1&a=2", FORM).status == 422


def test_a_form_has_a_bound_of_fields() -> None:
    body = "&".join(f"f{n}=1" for n in range(300)).encode()
    assert refusal(body, FORM).status == 413
