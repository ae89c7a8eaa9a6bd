"""Judging a record outside Odoo: the pure half of the fallback loader."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.odoo.load_forms import Contact, cell, column, judge, padded, unfit_field
from pardot_odoo_pipeline.odoo.loader import RecordStatus, RecordWrite, Withheld

TYPES = {
    "name": "char",
    "city": "char",
    "email_from": "char",
    "phone": "char",
    "description": "html",
    "x_score": "integer",
    "active": "boolean",
    "country_id": "many2one",
    "partner_id": "many2one",
    "tag_ids": "many2many",
    "activity_ids": "one2many",
}
TEXTS = st.sampled_from([False, "", "a", "b", "<p>a</p>"])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("name", "city", "email_from", "phone", "description"), TEXTS),
    "x_score": st.sampled_from([False, 0, 1, 2]),
    "active": st.booleans(),
    "country_id": st.sampled_from([False, 1, 2]),
    "tag_ids": st.sampled_from([False, [], [1], [1, 2], [2, 1]]),
}
ROWS = st.fixed_dictionaries(VALUES).map(lambda row: {**row, "partner_id": False})
WISHES = st.fixed_dictionaries({}, optional=VALUES)


@given(row=ROWS, wish=WISHES)
def test_what_was_written_needs_no_second_write(row: dict[str, Any], wish: dict[str, Any]) -> None:
    write = RecordWrite("lead_1", 1, wish)
    first = judge(write, row, TYPES)
    assert set(first.changes) <= set(wish)
    again = judge(write, {**row, **first.changes}, TYPES)
    assert (again.status, dict(again.changes)) == (RecordStatus.SAME, {})


@given(row=ROWS, wish=WISHES, expected=WISHES)
def test_a_guard_lets_through_only_what_it_expects_or_wants(
    row: dict[str, Any], wish: dict[str, Any], expected: dict[str, Any]
) -> None:
    judged = judge(RecordWrite("lead_1", 1, wish, expected), row, TYPES)
    free = judge(RecordWrite("lead_1", 1, wish), row, TYPES)
    odd = [
        name
        for name in expected
        if judge(RecordWrite("", 1, {name: expected[name]}), row, TYPES).changes
        and (name not in wish or name in free.changes)
    ]
    if odd:
        assert judged.status is RecordStatus.CONFLICT
        assert not judged.changes
    else:
        assert judged == free


@given(row=ROWS, wish=WISHES, company=st.booleans())
def test_a_strangers_contact_is_never_reached(
    row: dict[str, Any], wish: dict[str, Any], company: bool
) -> None:
    row = {**row, "partner_id": 7}
    linked = Contact(7, is_company=company, email=None)
    own = Contact(7 if company else 8, is_company=company, email=None)
    judged = judge(
        RecordWrite("lead_1", 1, wish), row, TYPES, lead=True, given=True, own=own, linked=linked
    )
    assert not {"email_from", "phone", "partner_id"} & set(judged.changes)
    reason = Withheld.PARTNER_IS_COMPANY if company else Withheld.PARTNER_IS_ANOTHER
    assert set(judged.withheld.values()) <= {reason}


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (False, "char", ""),
        (None, "many2one", ""),
        (0, "integer", "0"),
        (False, "integer", "0"),
        (False, "boolean", "0"),
        (True, "boolean", "1"),
        (12, "many2one", "12"),
        ("2026-03-29 01:30:00", "datetime", "2026-03-29 01:30:00"),
    ],
)
def test_a_cell_of_load(value: Any, kind: str, text: str) -> None:
    assert cell(value, kind) == text


def test_columns_name_database_ids() -> None:
    assert column("country_id", TYPES) == "country_id/.id"
    assert column("city", TYPES) == "city"


@pytest.mark.parametrize("name", ["activity_ids", "no_such_field", "partner_id"])
def test_a_field_that_cannot_be_compared_is_named(name: str) -> None:
    assert unfit_field(RecordWrite("lead_1", 1, {"city": "x", name: 1}), TYPES) == name


@given(
    rows=st.dictionaries(st.integers(0, 5), WISHES),
    filled=st.frozensets(st.sampled_from(sorted(VALUES))),
)
def test_padding_adds_nothing_but_emptiness(
    rows: dict[int, dict[str, Any]], filled: frozenset[str]
) -> None:
    wide = padded(rows, dict.fromkeys(rows, filled))
    named = {name for row in rows.values() for name in row}
    for n, row in rows.items():
        assert wide[n] == {**dict.fromkeys(named - filled, False), **row}
    shapes = {tuple(name for name in row if name not in filled) for row in wide.values()}
    assert len(shapes) <= 1
