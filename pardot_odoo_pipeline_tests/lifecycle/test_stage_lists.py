"""A stage's list is joined once on entering, and left on leaving."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.mapping.deal_forms import BLANK, DealStatus
from pardot_odoo_pipeline.merge.lifecycle import StageLists, decide_list, entered_after
from pardot_odoo_pipeline.merge.values import AgreedPair

LISTS = StageLists({"New": 11, "Qualified": 12, "Proposition": 12, "Won": 13}, won=None, lost=14)
STAGES = ("New", "Qualified", "Proposition", "Negotiation", "Won")
LEAD = AgreedPair(BLANK, BLANK)


class Prospect:
    """The lists of one prospect, and every order that Pardot was given."""

    def __init__(self, remembered: AgreedPair | None = LEAD) -> None:
        self.remembered = remembered
        self.lists: set[int] = set()
        self.orders: list[tuple[str, int]] = []

    def batch(self, wanted: int | None, *, is_new: bool = False, fails: bool = False) -> None:
        decided = decide_list(wanted, self.remembered, LISTS, is_new=is_new)
        self.remembered = decided.now or self.remembered
        if fails:
            return
        if decided.join is not None:
            self.orders.append(("join", decided.join))
            self.lists.add(decided.join)
        if decided.leave is not None:
            self.orders.append(("leave", decided.leave))
            self.lists.discard(decided.leave)
        self.remembered = decided.after or self.remembered


moves = st.lists(
    st.sampled_from([(s, DealStatus.OPEN) for s in STAGES] + [("New", DealStatus.LOST)])
)


@given(moves, st.lists(st.booleans(), min_size=30, max_size=30))
def test_a_prospect_is_on_the_list_of_its_stage_alone(
    path: list[tuple[str, DealStatus]], failures: list[bool]
) -> None:
    prospect = Prospect()
    for (stage, status), fails in zip(path, failures, strict=False):
        prospect.batch(LISTS.meant(stage, status), fails=fails)
    if path:
        wanted = LISTS.meant(*path[-1])
        prospect.batch(wanted)
        assert prospect.lists == ({wanted} if wanted else set())
        done = len(prospect.orders)
        prospect.batch(wanted)
        assert len(prospect.orders) == done, "a quiet batch orders nothing"


@given(moves)
def test_each_entry_is_one_join(path: list[tuple[str, DealStatus]]) -> None:
    prospect = Prospect()
    meant = [LISTS.meant(*step) for step in path]
    for wanted in meant:
        prospect.batch(wanted)
        prospect.batch(wanted)
    entries = [new for old, new in zip([None, *meant], meant, strict=False) if new and new != old]
    assert [number for order, number in prospect.orders if order == "join"] == entries


def test_whoever_was_taken_off_by_hand_is_not_put_back_in_the_same_stage() -> None:
    prospect = Prospect()
    prospect.batch(12)
    prospect.lists.clear()
    prospect.batch(12)
    assert prospect.orders == [("join", 12)]
    prospect.batch(None)
    prospect.batch(12)
    assert prospect.orders == [("join", 12), ("leave", 12), ("join", 12)]


def test_a_deal_seen_for_the_first_time_joins_only_if_it_just_came() -> None:
    old, new = Prospect(None), Prospect(None)
    old.batch(12)
    new.batch(12, is_new=True)
    assert (old.orders, new.orders) == ([], [("join", 12)])
    old.batch(11)
    assert old.orders == [("join", 11), ("leave", 12)], "its next stage is news"


def test_a_list_that_the_rules_no_longer_name_is_left_alone() -> None:
    decided = decide_list(11, AgreedPair(99, 99), LISTS, is_new=False)
    assert (decided.join, decided.leave) == (11, None)


def test_won_deals_have_a_list_of_their_own_if_one_is_named() -> None:
    assert LISTS.meant("Won", DealStatus.WON) == 13
    assert StageLists({"Won": 13}, won=15).meant("Won", DealStatus.WON) == 15
    assert StageLists({"New": 11}, won=15, lost=None).meant("New", DealStatus.LOST) is None


def test_when_a_deal_came_into_its_stage() -> None:
    read = datetime(2026, 3, 1, 12, 0, 5, 700_000, tzinfo=UTC)
    at = "2026-03-01 12:00:05"
    assert entered_after({"date_last_stage_update": at}, read), "that second may have been later"
    assert entered_after({"date_conversion": at, "date_last_stage_update": False}, read)
    assert not entered_after({"date_conversion": at}, read + timedelta(seconds=1))
    assert not entered_after({"date_conversion": at}, None)
    assert not entered_after({}, read)
