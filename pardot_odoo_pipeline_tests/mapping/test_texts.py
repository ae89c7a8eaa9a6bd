from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.mapping.html import ELEMENTS
from pardot_odoo_pipeline.mapping.reasons import FindingCode
from pardot_odoo_pipeline.mapping.texts import clean_lines, clean_text
from pardot_odoo_pipeline_tests.mapping.strategies import PROPERTY, nasty_text

CUT, HTML, FORMULA = (
    FindingCode.TEXT_CUT,
    FindingCode.HTML_REMOVED,
    FindingCode.FORMULA_NEUTRALISED,
)


@pytest.mark.parametrize(
    ("raw", "value", "findings"),
    [
        ("Head of Sales", "Head of Sales", ()),
        ("  Head \t of\r\n  Sales ", "Head of Sales", ()),
        ("nul\x00l and bell\x07", "null and bell", ()),
        ("no\ufffecharacter\uffff", "nocharacter", ()),
        ("<b>Head</b> of <i class='x'>Sales</i>", "Head of Sales", (HTML,)),
        ("Sales<br>Support", "Sales Support", (HTML,)),
        ("<a title='a > b'>Sales</a>", "Sales", (HTML,)),
        ("<!-- hidden <b> -->Sales", "Sales", (HTML,)),
        ("<b>R&amp;D</b>", "R&D", (HTML,)),
        ("<i>&lt;b&gt;nested&lt;/b&gt;</i>", "nested", (HTML,)),
        ("<<b>i>Sales", "Sales", (HTML,)),
        ("<o:p>Sales</o:p><my-tag>", "Sales", (HTML,)),
        ("<b>Sales</b> &lt;draft&gt;", "Sales <draft>", (HTML,)),
        ("<your name here>", "<your name here>", ()),
        ("R&amp;D", "R&amp;D", ()),
        ("a < b and c > d", "a < b and c > d", ()),
        ("I <3 tea", "I <3 tea", ()),
        ("Ada <ada@example.com>", "Ada <ada@example.com>", ()),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0", (FORMULA,)),
        ("+1 more", "'+1 more", (FORMULA,)),
        ("-x", "'-x", (FORMULA,)),
        ("@SUM(1)", "'@SUM(1)", (FORMULA,)),
        ("\t=1+1", "'=1+1", (FORMULA,)),
        ("<b>=1+1</b>", "'=1+1", (HTML, FORMULA)),
        ("-", "-", ()),
        ("=", "=", ()),
        ("'=1", "'=1", ()),
        ("東京都 渋谷区", "東京都 渋谷区", ()),
        ("مدير المبيعات", "مدير المبيعات", ()),
        ("<br>", None, (HTML,)),
        (" \n ", None, ()),
        (None, None, ()),
    ],
)
def test_one_line_texts(raw, value, findings):
    assert clean_text(raw) == (value, findings)


def test_a_text_at_the_limit_stays_and_one_beyond_is_cut():
    assert clean_text("x" * 128) == ("x" * 128, ())
    assert clean_text("x" * 129) == ("x" * 127 + "…", (CUT,))


def test_the_apostrophe_counts_towards_the_limit():
    assert clean_text("=" + "x" * 127) == ("'=" + "x" * 125 + "…", (FORMULA, CUT))


def test_a_cut_does_not_part_what_is_one_letter_to_the_reader():
    assert clean_text("ab" + "e\u0301" * 3, limit=5).value == "abe\u0301…"
    family = "👩\u200d👩\u200d👧"
    assert clean_text("ab" + family, limit=5).value == "ab…"


def test_comments_keep_their_lines():
    raw = "  first   line \r\n\r\n<p>second</p>\rthird "
    assert clean_lines(raw) == ("first line\n\nsecond\nthird", (HTML,))
    assert clean_lines("a" * 5001) == ("a" * 4999 + "…", (CUT,))


@PROPERTY
@given(nasty_text, st.sampled_from([8, 20, 128]))
def test_whatever_comes_in_a_clean_text_comes_out(raw, limit):
    value = clean_text(raw, limit).value
    if value is None:
        return
    assert 0 < len(value) <= limit
    for tag in re.finditer(r"</?([A-Za-z][A-Za-z0-9]*)(\s[^<>]*)?/?>", value):
        assert tag.group(1).lower() not in ELEMENTS
    assert len(value) == 1 or value[0] not in "=+-@"
    assert value == " ".join(value.split())
    assert not any(ch < " " or "\x7f" <= ch <= "\x9f" or "\ud800" <= ch <= "\udfff" for ch in value)
    value.encode("utf-8")


@PROPERTY
@given(nasty_text)
def test_cleaning_twice_is_cleaning_once(raw):
    for clean in (clean_text, clean_lines):
        once = clean(raw).value
        assert clean(once) == (once, ())


@PROPERTY
@given(nasty_text)
def test_a_finding_is_made_only_when_something_changed(raw):
    value, findings = clean_text(raw)
    assert len(set(findings)) == len(findings)
    if findings:
        assert value != raw


@pytest.mark.parametrize(
    "raw",
    ["<" * 30_000 + "b>" * 30_000, '<a "' * 20_000, "<!--" * 20_000, "&lt;" * 20_000 + "<b>"],
    ids=["nested", "quotes", "comments", "entities"],
)
def test_hostile_markup_costs_no_time(raw):
    began = time.perf_counter()
    assert len(clean_text(raw).value or "") <= 128
    assert time.perf_counter() - began < 5
