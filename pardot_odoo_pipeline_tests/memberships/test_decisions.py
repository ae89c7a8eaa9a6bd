"""The decision about one tag, and over time: both sides agree, and no edit vanishes unexplained."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.merge.memberships import (
    Edit,
    EditOutcome,
    Membership,
    TagState,
    decide_tag,
    latest,
    tag_names,
)

DAY = datetime(2026, 3, 1, tzinfo=UTC)
FLAGS = (False, True)
ALL = [
    (TagState(*three), *flags)
    for three in product(FLAGS, FLAGS, (*FLAGS, None))
    for flags in product(FLAGS, FLAGS, FLAGS)
]


@pytest.mark.parametrize(("state", "flows", "refuses", "spent"), ALL)
def test_a_decision_carried_out_leaves_nothing_to_decide(state, flows, refuses, spent) -> None:
    told = decide_tag(state, flows_back=flows, opted_out=refuses, spent=spent)
    carried = state.agreed if state.carried is None else state.carried
    after = TagState(
        state.wanted if told.pardot is None else told.pardot,
        told.agreed,
        carried if told.odoo is None else told.odoo,
    )
    again = decide_tag(after, flows_back=flows, opted_out=refuses, spent=spent)
    assert (again.odoo, again.pardot, again.agreed) == (None, None, after.agreed)
    if told.outcome is not EditOutcome.HELD:
        assert after.wanted == after.agreed == after.carried
        assert again.outcome is None


@pytest.mark.parametrize(("state", "flows", "refuses", "spent"), ALL)
def test_only_one_side_is_ever_written(state, flows, refuses, spent) -> None:
    told = decide_tag(state, flows_back=flows, opted_out=refuses, spent=spent)
    assert told.odoo is None or told.pardot is None
    assert told.pardot is None or flows, "a list that does not flow back is never written"
    assert told.pardot is not True or not refuses, "no tag undoes an opt-out"


@pytest.mark.parametrize(("state", "flows", "refuses", "spent"), ALL)
def test_every_edit_has_an_outcome_and_nothing_else_has_one(state, flows, refuses, spent) -> None:
    told = decide_tag(state, flows_back=flows, opted_out=refuses, spent=spent)
    edited = state.carried is not None and state.carried != state.agreed
    assert (told.outcome is not None) == (told.edit is not None) == edited
    if edited:
        assert told.edit is (Edit.ADDED if state.carried else Edit.REMOVED)
        lost = told.odoo is not None and told.odoo != state.carried
        assert lost == (told.outcome is EditOutcome.PUT_BACK)


def test_without_an_edit_odoo_follows_pardot() -> None:
    for wanted in FLAGS:
        told = decide_tag(TagState(wanted, not wanted))
        assert (told.odoo, told.agreed, told.outcome) == (wanted, wanted, None)


acts = st.lists(
    st.sampled_from(["join", "leave", "give", "take", "opt_out", "opt_in", "batch"]), max_size=40
)


@given(acts, st.booleans())
def test_any_history_ends_in_agreement(history: list[str], flows: bool) -> None:
    member = opted_out = agreed = carried = False
    for act in [*history, "batch", "batch"]:
        match act:
            case "join" | "leave":
                member = act == "join"
            case "opt_out" | "opt_in":
                opted_out = act == "opt_out"
            case "give" | "take":
                carried = act == "give"
            case _:
                told = decide_tag(
                    TagState(member and not opted_out, agreed, carried),
                    flows_back=flows,
                    opted_out=member and opted_out,
                )
                if told.pardot is not None:
                    member = told.pardot
                carried = carried if told.odoo is None else told.odoo
                agreed = told.agreed
    assert carried == agreed == (member and not opted_out)


readings = st.lists(
    st.builds(
        Membership,
        prospect_id=st.sampled_from(["1", "2"]),
        list_id=st.sampled_from([7, 8]),
        membership_id=st.integers(1, 6),
        is_member=st.booleans(),
        opted_out=st.booleans(),
        version=st.integers(0, 4).map(lambda days: DAY + timedelta(days=days)),
    ),
    unique_by=lambda one: (*one.pair, one.membership_id, one.version),
    max_size=20,
)


@given(readings, st.randoms(use_true_random=False))
def test_the_latest_reading_holds_in_whatever_order(told: list[Membership], shuffler) -> None:
    holding = latest(told)
    mixed = list(told)
    shuffler.shuffle(mixed)
    assert latest(mixed) == holding
    assert set(holding) == {one.pair for one in told}
    for one in told:
        best = holding[one.pair]
        assert (best.version, best.membership_id) >= (one.version, one.membership_id)


def test_a_new_membership_beats_the_removed_one_of_its_second() -> None:
    gone = Membership("1", 7, 50, False, False, DAY)
    back = Membership("1", 7, 51, True, False, DAY)
    assert latest([back, gone])["1", 7].gives_tag


@given(st.dictionaries(st.integers(1, 30), st.text("aAbß /\t", max_size=6), max_size=12))
def test_tags_have_names_of_their_own(lists: dict[int, str]) -> None:
    names = tag_names(lists)
    spelled = [name.casefold() for name in names.values()]
    assert len(set(spelled)) == len(spelled)
    assert all(name == name.strip() and name for name in names.values())


def test_a_name_stays_as_it_is_where_it_is_the_only_one() -> None:
    assert tag_names({1: " Fair  2026 ", 2: "Other"}) == {1: "Fair 2026", 2: "Other"}
