"""Text on its way into the database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.sandbox.odoo.html_text import sanitize_html
from pardot_odoo_pipeline.sandbox.odoo.text import clean_website, normalize_email, sanitize_phone

# What a real Odoo 19 made of each.
HTML = {
    "plain": "<p>plain</p>",
    "  hi  ": "<p>hi  </p>",
    "   ": "",
    'a < b & c "q"': '<p>a &lt; b &amp; c "q"</p>',
    "<b>x</b> y": "<span><b>x</b> y</span>",
    "<b>x</b><p>y</p>": "<b>x</b><p>y</p>",
    "a<p>b</p>c": "<p>a</p><p>b</p>c",
    "x<script>alert(1)</script>y": "<p>xy</p>",
    '<div onclick="a()">q</div>z': "<div>q</div>z",
    '<a href="javascript:alert(1)">l</a>': '<a href="">l</a>',
    "<ul><li>a<li>b</ul>": "<ul><li>a</li><li>b</li></ul>",
    "<table><tr><td>x<td>y</table>": "<table><tr><td>x</td><td>y</td></tr></table>",
    '<form><input name="a">x</form>': "<div>x</div>",
    "<iframe src='x'></iframe>t": "<span>t</span>",
    "<p>&nbsp;&copy;</p>": "<p>&nbsp;©</p>",
    "x <y": "<p>x </p>",
    "a\x01b": "<p>ab</p>",
    "<p>x</p> ": "<p>x</p> ",
}


@pytest.mark.parametrize(("given_text", "kept"), HTML.items())
def test_html_is_kept_as_odoo_keeps_it(given_text: str, kept: str) -> None:
    assert sanitize_html(given_text) == kept


@given(st.text(st.sampled_from("<>/&;abip \"'=s"), max_size=40))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = sanitize_html(text)
    assert sanitize_html(once) == once


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ('"A B" <AB@X.example>', "ab@x.example"),
        ("a@b.example, c@d.example", "a@b.example"),
        ("É@ex.example", "É@ex.example"),
        ("not an email", None),
        ("a@", None),
        (None, None),
    ],
)
def test_an_address_is_normalised(typed: str | None, key: str | None) -> None:
    assert normalize_email(typed) == key


def test_phones_and_websites() -> None:
    assert sanitize_phone("030 1234567", "DE") == ("+49301234567", "correct")
    assert sanitize_phone("030 1234567", None) == (None, "incorrect")
    assert clean_website("Example.com/x") == "http://Example.com/x"
    assert clean_website("https://a.example") == "https://a.example"
