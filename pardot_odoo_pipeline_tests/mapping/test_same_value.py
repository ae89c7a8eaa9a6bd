from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.mapping.html import text_to_html
from pardot_odoo_pipeline.mapping.same_value import is_empty, same_value
from pardot_odoo_pipeline.mapping.texts import clean_lines
from pardot_odoo_pipeline_tests.mapping.strategies import PROPERTY, nasty_text


@pytest.mark.parametrize(
    ("field_type", "ours", "theirs"),
    [
        ("char", "Ada", "Ada"),
        ("char", "Ada", " Ada "),
        ("char", False, ""),
        ("char", None, False),
        ("char", "", None),
        ("integer", 0, False),
        ("integer", 120, 120),
        ("integer", "120", 120),
        ("float", 0.1 + 0.2, 0.3),
        ("float", 0, False),
        ("monetary", 1e6, 1e6 + 1e-7),
        ("boolean", False, None),
        ("boolean", 1, True),
        ("many2one", 7, [7, "Germany"]),
        ("many2one", 7, (7, "Germany")),
        ("many2one", 7, {"id": 7, "display_name": "Germany"}),
        ("many2one", False, None),
        ("many2many", [2, 1], [1, 2]),
        ("datetime", "2025-05-16 18:27:08", "2025-05-16 18:27:08.123456"),
        ("datetime", "2025-05-16 18:27:08", datetime(2025, 5, 16, 18, 27, 8, 5, tzinfo=UTC)),
        ("datetime", "2025-05-16 18:27:08", "2025-05-16T18:27:08Z"),
        ("date", "2025-05-16", "2025-05-16"),
        ("html", "<p>a &amp; b</p>", "<p>a &amp; b</p>\n"),
        ("html", "<p>a<br>b</p>", '<p data-oe-version="2.0">a<br/>b</p>'),
        ("html", "<p>text</p>", "text"),
        ("html", "", "<p><br></p>"),
        ("html", False, "<p></p>"),
        ("selection", "a_plus", "a_plus"),
        ("selection", False, None),
    ],
)
def test_one_value_in_two_forms(field_type, ours, theirs):
    assert same_value(field_type, ours, theirs)
    assert same_value(field_type, theirs, ours)


@pytest.mark.parametrize(
    ("field_type", "ours", "theirs"),
    [
        ("char", "Ada", "ada"),
        ("char", "Ada", False),
        ("integer", 0, 1),
        ("float", 1.0, 1.001),
        ("boolean", True, False),
        ("many2one", 7, [8, "Germany"]),
        ("many2one", 7, False),
        ("many2many", [1], [1, 2]),
        ("datetime", "2025-05-16 18:27:08", "2025-05-16 18:27:09"),
        ("datetime", "2025-05-16 18:27:08", False),
        ("date", "2025-05-16", "2025-05-17"),
        ("html", "<p>a</p>", "<p>b</p>"),
        ("html", "<p>a</p>", ""),
        ("selection", "a", "a_plus"),
    ],
)
def test_two_values(field_type, ours, theirs):
    assert not same_value(field_type, ours, theirs)
    assert not same_value(field_type, theirs, ours)


@pytest.mark.parametrize(
    ("name", "ours", "theirs", "same"),
    [
        ("phone", "+493012345", "+49 30 12345", True),
        ("phone", "+493012345", "0049 (30) 123-45", True),
        ("phone", "+493012345", "+493012346", False),
        ("phone", "ring me", "ring him", False),
        ("website", "http://example.com", "example.com", True),
        ("website", "http://example.com", "http://example.com/", True),
        ("website", "http://example.com", "https://example.com", False),
        ("email_from", "Ada@Example.com", "ada@example.com", True),
        ("email", "ada@example.com", "bob@example.com", False),
        ("city", "Köln", "köln", False),
    ],
)
def test_what_people_and_odoo_respell_is_told_by_the_fields_name(name, ours, theirs, same):
    assert same_value("char", ours, theirs, name=name) is same
    assert same_value("char", theirs, ours, name=name) is same


def test_empty_is_empty_in_every_form_but_zero_is_a_number():
    assert all(is_empty("char", value) for value in (None, False, ""))
    assert not is_empty("char", "0")
    assert not is_empty("integer", 0)
    assert not is_empty("boolean", False)
    assert is_empty("html", "<p><br></p>")


@PROPERTY
@given(nasty_text)
def test_what_was_written_is_the_same_when_read(raw):
    text = clean_lines(raw).value
    markup = text_to_html(text)
    for field_type, value in (("html", markup), ("char", text), ("text", text)):
        assert same_value(field_type, value, value)
    assert same_value("html", markup, markup.replace("<br>", "<br/>"))


@PROPERTY
@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False)))
def test_every_number_equals_itself(value):
    for field_type in ("integer", "float", "boolean"):
        if field_type == "integer" and isinstance(value, float):
            continue
        assert same_value(field_type, value, value)
