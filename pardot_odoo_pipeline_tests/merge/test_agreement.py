"""One cause for each person who does not agree, in one order; hashes find just those who differ."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.mapping.reasons import Disposition
from pardot_odoo_pipeline.mapping.same_value import normal_form, same_value
from pardot_odoo_pipeline.merge.agreement import (
    CAUSES,
    EXPLAINED,
    MENDABLE,
    Cause,
    Settled,
    Standing,
    cause_of,
)
from pardot_odoo_pipeline.merge.agreement_hashes import Sides, value_hash
from pardot_odoo_pipeline.merge.rewound import LEAST, is_rewound

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
SETTLED = Settled(NOW, NOW)


def cause(disposition: Disposition = Disposition.UPDATED, **facts: object) -> Cause | None:
    return cause_of(Standing(disposition, **facts), SETTLED)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, None),
        ({"apart": True}, Cause.KEEPS_BY_RULE),
        ({"writes": True}, Cause.DIFFERS),
        ({"writes": True, "linked": False}, Cause.NOT_YET_SYNCED),
        ({"writes": True, "pardot_at": LATER}, Cause.IN_FLIGHT),
        ({"writes": True, "odoo_at": LATER}, Cause.IN_FLIGHT),
        ({"writes": True, "odoo_at": NOW, "pardot_at": EARLIER}, Cause.DIFFERS),
        ({"writes": True, "under_way": True}, Cause.IN_FLIGHT),
        ({"writes": True, "retrying": True, "under_way": True}, Cause.RETRYING),
        ({"writes": True, "suspended": True}, Cause.SUSPENDED),
        ({"writes": True, "held": True, "suspended": True}, Cause.HELD),
        ({"lost": "odoo"}, Cause.MISSING_IN_ODOO),
        ({"lost": "pardot"}, Cause.MISSING_IN_PARDOT),
        ({"lost": "odoo", "lost_for_good": True}, Cause.KEEPS_BY_RULE),
        ({"lost": "odoo", "lost_for_good": True, "writes": True}, Cause.MISSING_IN_ODOO),
        ({"hidden": True, "writes": True, "held": True}, Cause.HIDDEN_IN_ODOO),
        ({"rewound": True, "hidden": True}, Cause.REWOUND),
    ],
)
def test_the_first_cause_that_holds(facts: dict[str, object], expected: Cause | None) -> None:
    assert cause(**facts) is expected


def test_who_is_set_aside_or_shares_an_address() -> None:
    assert cause(Disposition.QUARANTINED, writes=True, retrying=True) is Cause.QUARANTINED
    assert cause(Disposition.MERGED) is Cause.KEEPS_BY_RULE
    assert cause(Disposition.MERGED, writes=True) is Cause.DIFFERS
    assert cause(Disposition.ARCHIVED) is None


def test_a_brake_that_holds_nothing_is_no_cause() -> None:
    """Of a held person who agrees meanwhile, nothing is to be said."""
    assert cause(held=True) is None
    assert cause(field_held=True) is Cause.HELD


def test_every_cause_has_words_and_a_row_in_the_manual() -> None:
    page = (Path(__file__).parents[2] / "docs" / "agreement.md").read_text()
    assert set(CAUSES) == set(Cause)
    assert [one for one in Cause if f"| `{one.value}` |" not in page] == []
    assert set(Cause) - EXPLAINED == {Cause.DIFFERS, Cause.NOT_YET_SYNCED}
    assert set(Cause) - EXPLAINED < MENDABLE


hashes = st.integers(0, 2**64 - 1)
two_sides = st.dictionaries(
    st.integers(1, 10**9).map(str),
    st.tuples(st.lists(hashes, min_size=3, max_size=3), st.booleans(), st.integers(0, 2), hashes),
    max_size=60,
)


@given(two_sides)
def test_just_those_are_found_who_differ(
    people: dict[str, tuple[list[int], bool, int, int]],
) -> None:
    sides, differing = Sides(3), []
    for who, (ours, changes, group, other) in people.items():
        theirs = [*ours]
        if changes:
            theirs[group] = other
        if theirs != ours:
            differing.append(who)
        sides.add(who, ours, theirs)
    assert sides.differing() == differing


@given(two_sides, st.randoms())
def test_sums_do_not_depend_on_the_order(
    people: dict[str, tuple[list[int], bool, int, int]], random: object
) -> None:
    order = list(people)
    random.shuffle(order)  # type: ignore[attr-defined]
    one, other = Sides(3), Sides(3)
    for who in people:
        one.add(who, people[who][0], people[who][0])
    for who in order:
        other.add(who, people[who][0], people[who][0])
    assert all((a == b).all() for a, b in zip(one.sums(), other.sums(), strict=True))


texts = st.text(
    st.sampled_from("aA +-()/0123456789.:@wht\N{LATIN SMALL LETTER E WITH ACUTE}<p>"), max_size=12
)
values = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.floats(-9, 9), texts)
KINDS = ("char", "text", "html", "selection", "boolean", "integer", "float", "date", "datetime")


@given(st.sampled_from(KINDS), values, values, st.sampled_from(("x", "phone", "email", "website")))
def test_equal_forms_mean_equal_values(kind: str, a: object, b: object, name: str) -> None:
    numbers = kind in ("boolean", "integer", "float")
    if numbers and (isinstance(a, str) or isinstance(b, str)):
        return
    if not numbers:
        a, b = (value if isinstance(value, str) else False for value in (a, b))
    one, other = normal_form(kind, a, name=name), normal_form(kind, b, name=name)
    if value_hash([one]) == value_hash([other]):
        assert same_value(kind, a, b, name=name)


moments = st.integers(0, 100).map(lambda minutes: NOW - timedelta(minutes=minutes))


@given(st.lists(moments, max_size=50))
def test_a_side_that_shows_what_was_recorded_was_not_set_back(recorded: list[datetime]) -> None:
    recorded.sort(reverse=True)
    later = [at + timedelta(minutes=1) for at in recorded]
    assert not is_rewound(zip(recorded, recorded, strict=True))
    assert not is_rewound(zip(recorded, later, strict=True))
    # Whoever only deletes sets nothing back.
    assert not is_rewound((at, None) for at in recorded)


@given(st.lists(moments, min_size=LEAST, max_size=50, unique=True), st.integers(LEAST, 50))
def test_a_backup_shows_in_the_newest_records(recorded: list[datetime], changed: int) -> None:
    recorded.sort(reverse=True)
    old = NOW - timedelta(days=1)
    shown = [old if n < changed else at for n, at in enumerate(recorded)]
    assert is_rewound(zip(recorded, shown, strict=True))


def test_one_or_two_repairs_in_a_database_are_none() -> None:
    for kinds in product((True, False), repeat=4):
        shown = [NOW - timedelta(days=1) if old else NOW for old in kinds]
        assert is_rewound((NOW, at) for at in shown) is (sum(kinds) >= LEAST)
