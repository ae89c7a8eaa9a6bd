from __future__ import annotations

import pytest
from hypothesis import given

from pardot_odoo_pipeline.mapping.html import html_to_text, text_to_html
from pardot_odoo_pipeline.mapping.texts import clean_lines
from pardot_odoo_pipeline_tests.mapping.strategies import PROPERTY, nasty_text


def test_plain_text_becomes_one_paragraph_that_hides_no_markup():
    assert text_to_html("a < b & c\nnext") == "<p>a &lt; b &amp; c<br>next</p>"
    assert text_to_html(None) == text_to_html("") == ""


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("<p>one<br/>two<br></p>", "one\ntwo"),
        ('<p data-oe-version="2.0">one &amp;\n  two</p>', "one & two"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("plain", "plain"),
        ("<p><br></p>", ""),
        (None, ""),
    ],
)
def test_the_text_of_markup_as_odoo_stores_it(markup, text):
    assert html_to_text(markup) == text


@PROPERTY
@given(nasty_text)
def test_text_survives_the_way_to_odoo_and_back(raw):
    text = clean_lines(raw).value
    assert html_to_text(text_to_html(text)) == (text or "")
