"""What another system makes of a value that it was sent, told from an edit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.merge.conversions import looks_converted


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Head  of Sales", "Head of Sales"),
        ("head of sales", "Head of Sales"),
        ("An address that is rather long for a field", "An address that is rather long"),
    ],
)
def test_a_cut_or_tidied_value_is_no_edit(sent: str, shown: str) -> None:
    assert looks_converted(sent, shown)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [("Sales", "Marketing"), ("Sales", "S"), ("Sales", False), (3, 4), (False, "Sales")],
)
def test_another_value_is_an_edit(sent: object, shown: object) -> None:
    assert not looks_converted(sent, shown)


@given(st.text(min_size=1), st.integers(20, 40))
def test_any_cut_beyond_a_few_letters_is_recognised(text: str, length: int) -> None:
    assert looks_converted(text, text[:length]) or len(" ".join(text[:length].split())) < 20
