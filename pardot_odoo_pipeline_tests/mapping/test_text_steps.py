from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.mapping.reasons import FindingCode
from pardot_odoo_pipeline.mapping.rules import TEXT_STEPS, Transform
from pardot_odoo_pipeline.mapping.text_steps import TEXT_STEP_FUNCTIONS, apply_steps
from pardot_odoo_pipeline_tests.mapping.strategies import PROPERTY, nasty_text

UPPER, LOWER, TITLE, DIGITS = Transform.UPPER, Transform.LOWER, Transform.TITLE, Transform.DIGITS


def test_every_step_that_rules_may_name_is_there():
    assert set(TEXT_STEP_FUNCTIONS) == TEXT_STEPS


@pytest.mark.parametrize(
    ("steps", "text", "expected"),
    [
        ((UPPER,), "straße 5", "STRASSE 5"),
        ((LOWER,), "ÀÉÎ", "àéî"),
        ((TITLE,), "ada's NEW engine", "Ada's New Engine"),
        ((TITLE,), "élan vital", "Élan Vital"),
        ((DIGITS,), "HRB 12-345 b", "12345"),
        ((DIGITS,), "none", None),
        ((DIGITS, UPPER), "a1", "1"),
        ((), "as it is", "as it is"),
    ],
)
def test_steps_are_taken_in_their_order(steps, text, expected):
    assert apply_steps(text, steps, 50) == (expected, ())


def test_a_text_that_grows_is_cut_again():
    assert apply_steps("ß" * 8, [UPPER], 8) == ("SSSSSSS…", (FindingCode.TEXT_CUT,))


@PROPERTY
@given(nasty_text, st.lists(st.sampled_from(sorted(TEXT_STEPS)), max_size=4))
def test_no_text_outgrows_its_limit(text, steps):
    found, _ = apply_steps(text, steps, 16)
    assert found is None or 0 < len(found) <= 16
