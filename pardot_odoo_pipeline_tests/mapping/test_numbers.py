from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.mapping.numbers import LARGEST_INTEGER, clean_number
from pardot_odoo_pipeline.mapping.reasons import FindingCode
from pardot_odoo_pipeline_tests.mapping.strategies import PROPERTY

UNREADABLE = (FindingCode.NUMBER_UNREADABLE,)
ROUNDED = (FindingCode.NUMBER_ROUNDED,)


@pytest.mark.parametrize(
    ("raw", "decimals", "outcome"),
    [
        ("55", 0, (55, ())),
        ("-3", 0, (-3, ())),
        ("12.0", 0, (12, ())),
        ("5.5", 0, (6, ROUNDED)),
        ("1e3", 0, (1000, ())),
        ("0.125", 2, (0.13, ROUNDED)),
        ("1,234", 0, (1234, ())),
        ("1,234.50", 2, (1234.5, ())),
        ("1.234,50", 2, (1234.5, ())),
        ("1.234.567", 0, (1234567, ())),
        ("1,5", 1, (1.5, ())),
        ("1.234", 3, (1.234, ())),
        ("1 234 567", 0, (1234567, ())),
        ("12’500", 0, (12500, ())),
        ("€ 1 234", 0, (1234, ())),
        ("$1,200,000", 0, (1200000, ())),
        ("250 EUR", 0, (250, ())),
        ("−7", 0, (-7, ())),
        ("2147483648", 0, (None, UNREADABLE)),
        ("2147483648", 2, (2147483648.0, ())),
        ("1e99", 6, (None, UNREADABLE)),
        ("lots", 0, (None, UNREADABLE)),
        ("12 to 20", 0, (None, UNREADABLE)),
        ("1,23,4", 0, (None, UNREADABLE)),
        ("nan", 2, (None, UNREADABLE)),
        ("  ", 0, (None, ())),
        (None, 0, (None, ())),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_type_them(raw, decimals, outcome):
    found = clean_number(raw, decimals)
    assert found == outcome
    assert found.value is None or type(found.value) is (float if decimals else int)


@PROPERTY
@given(st.integers(-LARGEST_INTEGER, LARGEST_INTEGER))
def test_a_whole_number_is_itself_with_and_without_grouping(number):
    assert clean_number(str(number)) == (number, ())
    assert clean_number(f"{number:,}") == (number, ())


@PROPERTY
@given(st.floats(-1e9, 1e9), st.integers(1, 6))
def test_a_decimal_is_never_off_by_more_than_half_its_last_place(number, decimals):
    # In decimals, as it was written: a difference of floats has an error of its own.
    written = Decimal(repr(number))
    found = Decimal(repr(clean_number(repr(number), decimals).value))
    place = Decimal(1).scaleb(-decimals)
    assert abs(found - written) <= place / 2
    assert found % place == 0


@PROPERTY
@given(st.text(max_size=20), st.integers(0, 6))
def test_no_text_breaks_it(text, decimals):
    found = clean_number(text, decimals)
    assert found.value is None or abs(found.value) <= 1e15
