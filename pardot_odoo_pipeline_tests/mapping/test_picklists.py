from __future__ import annotations

import pytest

from pardot_odoo_pipeline.mapping.names import full_name, lead_title
from pardot_odoo_pipeline.mapping.picklists import (
    GRADE_KEYS,
    GRADES,
    clean_choice,
    clean_flag,
    clean_grade,
    grade_rank,
)
from pardot_odoo_pipeline.mapping.reasons import FindingCode
from pardot_odoo_pipeline.mapping.websites import clean_website

UNKNOWN = (FindingCode.PICKLIST_UNKNOWN,)
KNOWN = {"wholesale/retail": "Wholesale/Retail", "construction": "Construction"}


def test_grades_have_keys_and_an_order():
    assert [GRADE_KEYS[g] for g in GRADES[:4]] == ["a_plus", "a", "a_minus", "b_plus"]
    assert GRADE_KEYS["F"] == "f"
    assert [grade_rank(g) for g in GRADES] == list(range(13, 0, -1))
    assert grade_rank(None) == 0
    assert grade_rank("D-") == 2


@pytest.mark.parametrize(
    ("raw", "outcome"),
    [
        ("A+", ("A+", ())),
        (" b- ", ("B-", ())),
        ("C−", ("C-", ())),
        ("F", ("F", ())),
        ("E", (None, UNKNOWN)),
        ("F+", (None, UNKNOWN)),
        ("AA", (None, UNKNOWN)),
        ("", (None, ())),
        (None, (None, ())),
    ],
)
def test_grades(raw, outcome):
    assert clean_grade(raw) == outcome


def test_flags():
    assert clean_flag("true").value is True
    assert clean_flag("False").value is False
    assert clean_flag(None).value is None
    assert clean_flag("maybe") == (None, UNKNOWN)


def test_a_choice_is_spelled_as_the_list_spells_it():
    assert clean_choice("construction ", KNOWN, {}) == ("Construction", ())
    assert clean_choice("Shops", KNOWN, {"shops": "Wholesale/Retail"}) == ("Wholesale/Retail", ())


def test_an_unknown_choice_is_kept_with_a_finding():
    assert clean_choice("Time Travel", KNOWN, {}) == ("Time Travel", UNKNOWN)
    assert clean_choice("Shops", KNOWN, {"shops": "Nowhere"}) == ("Nowhere", UNKNOWN)
    assert clean_choice("Anything", None, {}) == ("Anything", ())


def test_names():
    assert full_name("Ada", "Byron", "a@example.com") == "Ada Byron"
    assert full_name(None, "Byron", "a@example.com") == "Byron"
    assert full_name(None, None, "a.byron@example.com") == "a.byron"
    assert full_name(None, None, None) is None
    assert lead_title("Ada Byron", "Analytical Engines Ltd") == "Ada Byron – Analytical Engines Ltd"
    assert lead_title("Ada Byron", None) == "Ada Byron"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("www.example.com", "http://www.example.com"),
        (" Example.com/x ", "http://Example.com/x"),
        ("https://example.com", "https://example.com"),
        ("HTTP://example.com", "HTTP://example.com"),
        ("//example.com", "http://example.com"),
        ("", None),
    ],
)
def test_websites_get_a_scheme(raw, value):
    assert clean_website(raw) == (value, ())


def test_a_long_website_is_cut_without_an_ellipsis():
    value, findings = clean_website("http://example.com/" + "x" * 300)
    assert len(value) == 255
    assert "…" not in value
    assert findings == (FindingCode.TEXT_CUT,)
