"""One leader per shared address, by Pardot's own rule, and never a second election."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.merge.leaders import Person, elect_leaders, heads

DAY = datetime(2026, 3, 1, tzinfo=UTC)

moments = st.none() | st.integers(0, 50).map(lambda days: DAY + timedelta(days=days))
people = st.lists(
    st.builds(
        Person,
        prospect_id=st.integers(1, 40).map(str),
        email_key=st.sampled_from(["a@x.example", "b@x.example", "c@x.example"]),
        last_activity_at=moments,
        updated_at=moments,
    ),
    unique_by=lambda person: person.prospect_id,
)


def person(prospect_id: str, activity: int | None, updated: int = 0) -> Person:
    at = None if activity is None else DAY + timedelta(days=activity)
    return Person(prospect_id, "a@x.example", at, DAY + timedelta(days=updated))


def test_latest_activity_leads() -> None:
    leaders = elect_leaders([person("1", 1), person("2", 9), person("3", None, 99)], {})
    assert leaders == {"1": "2", "2": "2", "3": "2"}


def test_update_then_smaller_id_break_ties() -> None:
    assert elect_leaders([person("1", 1, 1), person("2", 1, 2)], {})["1"] == "2"
    assert elect_leaders([person("10", 1, 1), person("9", 1, 1)], {})["10"] == "9"


def test_a_stored_leader_stays_even_when_it_is_absent() -> None:
    leaders = elect_leaders([person("1", 1), person("2", 9)], {"a@x.example": "77"})
    assert set(leaders.values()) == {"77"}


@given(people, st.randoms(use_true_random=False))
def test_election_is_one_per_address_and_does_not_depend_on_order(group, shuffler) -> None:
    leaders = elect_leaders(group, {})
    by_key: dict[str, set[str]] = {}
    for member in group:
        by_key.setdefault(member.email_key, set()).add(leaders[member.prospect_id])
    assert all(len(found) == 1 for found in by_key.values())
    mixed = list(group)
    shuffler.shuffle(mixed)
    assert elect_leaders(mixed, {}) == leaders


names = st.integers(1, 12).map(str)


@given(st.dictionaries(names, st.sampled_from("abcd")), st.dictionaries(names, names))
def test_all_with_one_address_follow_the_same_one_whatever_was_merged(homes, merged) -> None:
    elected = {
        who: min((one for one, home in homes.items() if home == at), key=int)
        for who, at in homes.items()
    }
    found = heads(elected, merged)
    assert found.keys() == homes.keys()
    for one in homes:
        assert all(found[one] == found[other] for other in homes if homes[one] == homes[other])
        # Who leads follows nobody else.
        assert found.get(found[one], found[one]) == found[one]


def test_an_address_that_is_somebody_elses_ends_a_merge() -> None:
    merged = {"2": "1"}
    assert heads({"1": "1", "2": "2", "3": "2"}, merged) == {"1": "1", "2": "1", "3": "1"}
    assert heads({"1": "1", "2": "3", "3": "3"}, merged) == {"1": "1", "2": "3", "3": "3"}
