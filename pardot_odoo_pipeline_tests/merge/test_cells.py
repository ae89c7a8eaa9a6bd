"""One field of one person: nothing without a change, nothing lost without a rule that is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.mapping.rules import Authority, BlankPolicy, Direction
from pardot_odoo_pipeline.merge.cells import (
    UNREAD,
    AgreedPair,
    Cell,
    ChangeTime,
    FieldDecision,
    FieldPolicy,
    Loser,
    decide_field,
)
from pardot_odoo_pipeline_tests.merge.lossy import LossyForms, convert

HOME, LEAD = "contact/plain", "lead/plain"
AGREED = AgreedPair("a", "a")
BOTH_BLANK = AgreedPair("", "")
UNKNOWN = ChangeTime()


def at(after: int, until: int) -> ChangeTime:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    return ChangeTime(start + timedelta(minutes=after), start + timedelta(minutes=until))


def decide(
    *cells: Cell,
    direction: Direction = Direction.BOTH,
    authority: Authority = Authority.LATEST,
    blank: BlankPolicy = BlankPolicy.KEEP,
    invertible: bool = True,
    changed: ChangeTime = UNKNOWN,
    **more: Any,
) -> FieldDecision:
    policy = FieldPolicy(direction, authority, blank, invertible)
    return decide_field(cells, policy, LossyForms(), convert, changed, **more)


def home(ours: Any, theirs: Any, pair: AgreedPair | None = AGREED, **more: Any) -> Cell:
    return Cell(HOME, ours, theirs, pair, **more)


def lead(ours: Any, theirs: Any, pair: AgreedPair | None = AGREED, **more: Any) -> Cell:
    return Cell(LEAD, ours, theirs, pair, **more)


def test_without_a_change_nothing_happens_even_where_both_differ() -> None:
    assert decide(home("x", "y", AgreedPair("x", "y"))) == FieldDecision()


def test_a_change_in_pardot_goes_to_every_cell() -> None:
    decision = decide(home("b", "a"), lead("b", "a"))
    assert decision.odoo == {HOME: "b", LEAD: "b"}
    assert decision.pardot is None
    assert decision.pairs == {HOME: AgreedPair("b", None), LEAD: AgreedPair("b", None)}
    assert decision.rule == "changed_in_pardot"
    assert not decision.losers


def test_a_change_in_odoo_goes_to_pardot_and_to_the_other_cell() -> None:
    decision = decide(home("a", "a"), lead("a", "b"))
    assert decision.odoo == {HOME: "b"}
    assert decision.pardot == (LEAD, "b")
    assert decision.rule == "changed_in_odoo"
    assert not decision.pairs, "everything waits for Pardot"
    assert decision.pairs_after_pardot == {HOME: AgreedPair("b", None), LEAD: AgreedPair("b", "b")}


def test_what_pardot_will_cut_is_remembered_as_it_will_show_it() -> None:
    decision = decide(home("a", "abcdefghijk"))
    assert decision.pardot == (HOME, "abcdefghijk")
    assert decision.pairs_after_pardot == {HOME: AgreedPair("abcdefgh", "abcdefghijk")}


def test_both_changed_to_the_same_is_agreement() -> None:
    decision = decide(home("b", "b"), lead("b", "a"))
    assert decision.odoo == {LEAD: "b"}
    assert decision.pardot is None
    assert decision.pairs[HOME] == AgreedPair("b", "b")
    assert not decision.losers


def test_equal_through_the_mapping_is_the_same() -> None:
    cell = Cell("contact/html", "b", "<p>b</p>", AgreedPair("a", "<p>a</p>"))
    decision = decide(cell)
    assert (decision.odoo, decision.pardot) == ({}, None)
    assert decision.pairs == {"contact/html": AgreedPair("b", "<p>b</p>")}


@pytest.mark.parametrize("authority", [Authority.PARDOT, Authority.ODOO])
def test_a_conflict_goes_to_the_authority_and_the_loser_is_kept(authority) -> None:
    decision = decide(home("p", "o"), lead("p", "a"), authority=authority)
    rule = f"authority:{authority}"
    assert decision.rule == rule
    assert decision.losers == (Loser(HOME, AGREED, "p", "o", authority.value, rule),)
    if authority is Authority.PARDOT:
        assert (decision.odoo, decision.pardot) == ({HOME: "p", LEAD: "p"}, None)
        assert decision.losers[0].lost == "o"
    else:
        assert (decision.odoo, decision.pardot) == ({LEAD: "o"}, (HOME, "o"))
        assert decision.losers[0].lost == "p"


@pytest.mark.parametrize(
    ("pardot", "odoo", "rule"),
    [
        (at(20, 30), at(0, 10), "latest:pardot_later"),
        (at(11, 30), at(0, 10), "latest:pardot_later"),
        (at(10, 30), at(0, 10), "latest:tie"),  # a second is not over when it begins
        (at(0, 10), at(20, 30), "latest:odoo_later"),
        (at(5, 30), at(0, 10), "latest:tie"),
        (ChangeTime(None, at(0, 30).until), at(0, 10), "latest:tie"),
        (at(20, 30), ChangeTime(), "latest:tie"),
    ],
)
def test_latest_lets_pardot_win_only_if_it_surely_came_later(pardot, odoo, rule) -> None:
    decision = decide(home("p", "o", changed=odoo), changed=pardot)
    assert decision.rule == rule
    assert decision.losers[0].winner == ("pardot" if rule == "latest:pardot_later" else "odoo")


def test_of_two_edits_in_odoo_the_home_speaks_and_the_other_is_kept() -> None:
    decision = decide(home("a", "h"), lead("a", "l"))
    assert (decision.odoo, decision.pardot) == ({LEAD: "h"}, (HOME, "h"))
    assert decision.losers == (Loser(LEAD, AGREED, "a", "l", "odoo", "home"),)
    assert decision.losers[0].lost == "l"


@pytest.mark.parametrize(
    ("authority", "spoken", "lost"),
    [(Authority.PARDOT, "p", {"h", "l"}), (Authority.LATEST, "h", {"p", "l"})],
)
def test_at_first_contact_a_difference_goes_to_the_authority_or_to_odoo(
    authority, spoken, lost
) -> None:
    decision = decide(home("p", "h", None), lead("p", "l", None), authority=authority)
    shown = {HOME: "h", LEAD: "l", **decision.odoo}
    assert set(shown.values()) == {spoken}
    assert {loser.lost for loser in decision.losers} == lost
    assert decision.rule.startswith("first_contact:")


def test_at_first_contact_blanks_are_filled_both_ways() -> None:
    from_pardot = decide(home("p", "", None), lead("p", "", None))
    assert from_pardot.odoo == {HOME: "p", LEAD: "p"}
    from_lead = decide(home("", "", None), lead("", "l", None))
    assert (from_lead.odoo, from_lead.pardot) == ({HOME: "l"}, (LEAD, "l"))
    assert from_pardot.rule == from_lead.rule == "filled"
    assert not from_pardot.losers
    assert not from_lead.losers


@pytest.mark.parametrize("blank", BlankPolicy)
def test_first_contact_never_blanks(blank) -> None:
    for ours, theirs in (("", "x"), ("x", "")):
        decision = decide(home(ours, theirs, None), blank=blank)
        assert "" not in decision.odoo.values()
        assert decision.pardot in (None, (HOME, "x"))


def test_a_contact_linked_later_is_filled_or_speaks() -> None:
    assert decide(home("a", "", None), lead("a", "a")).odoo == {HOME: "a"}
    speaks = decide(home("a", "h", None), lead("a", "a"))
    assert (speaks.odoo, speaks.pardot) == ({LEAD: "h"}, (HOME, "h"))


def test_a_lead_linked_later_follows_and_its_value_is_kept() -> None:
    decision = decide(home("a", "a"), lead("a", "l", None))
    assert (decision.odoo, decision.pardot) == ({LEAD: "a"}, None)
    assert [(loser.lost, loser.rule) for loser in decision.losers] == [("l", "first_contact:home")]


def test_a_lead_linked_later_speaks_where_everything_else_is_blank() -> None:
    decision = decide(home("", "", BOTH_BLANK), lead("", "l", None))
    assert (decision.odoo, decision.pardot) == ({HOME: "l"}, (LEAD, "l"))


def test_under_keep_a_blank_stays_where_it_is() -> None:
    in_pardot = decide(home("", "a"))
    assert (in_pardot.odoo, in_pardot.pardot) == ({}, None)
    assert in_pardot.pairs == {HOME: AgreedPair("", "a")}
    in_odoo = decide(home("a", ""), lead("a", "a"))
    assert (in_odoo.odoo, in_odoo.pardot) == ({}, None)
    assert in_odoo.pairs == {HOME: AgreedPair("a", "")}
    assert in_pardot.rule == in_odoo.rule == "blank:keep"


def test_under_clear_a_blank_travels() -> None:
    assert decide(home("", "a"), lead("", "a"), blank=BlankPolicy.CLEAR).odoo == {
        HOME: "",
        LEAD: "",
    }
    decision = decide(home("a", ""), lead("a", "a"), blank=BlankPolicy.CLEAR)
    assert (decision.odoo, decision.pardot) == ({LEAD: ""}, (HOME, ""))


def test_under_fill_only_a_value_goes_only_into_an_empty_place() -> None:
    fill = {"blank": BlankPolicy.FILL_ONLY}
    assert decide(home("b", "a"), **fill).odoo == {}
    assert decide(home("a", "b"), **fill).pardot is None
    assert decide(home("b", "", BOTH_BLANK), **fill).odoo == {HOME: "b"}
    assert decide(home("", "b", BOTH_BLANK), **fill).pardot == (HOME, "b")


@pytest.mark.parametrize("authority", Authority)
@pytest.mark.parametrize("blank", [BlankPolicy.KEEP, BlankPolicy.FILL_ONLY])
def test_in_a_conflict_a_blank_never_beats_a_value(authority, blank) -> None:
    odoo_has = decide(home("", "o"), authority=authority, blank=blank)
    assert odoo_has.pardot == (HOME, "o")
    pardot_has = decide(home("p", ""), authority=authority, blank=blank)
    assert pardot_has.odoo == {HOME: "p"}
    assert {loser.rule for d in (odoo_has, pardot_has) for loser in d.losers} == {f"blank:{blank}"}


def test_a_value_that_outlived_pardots_blank_is_kept_when_it_goes() -> None:
    decision = decide(home("b", "a", AgreedPair("", "a")))
    assert decision.odoo == {HOME: "b"}
    assert [loser.lost for loser in decision.losers] == ["a"]


@pytest.mark.parametrize(
    "one_way", [{"direction": Direction.TO_ODOO}, {"invertible": False}], ids=["rule", "mapping"]
)
class TestTowardsOdooOnly:
    def test_an_edit_of_pardots_own_field_is_put_back(self, one_way) -> None:
        decision = decide(home("a", "o"), lead("a", "a"), authority=Authority.PARDOT, **one_way)
        assert (decision.odoo, decision.pardot) == ({HOME: "a"}, None)
        assert [(loser.lost, loser.rule) for loser in decision.losers] == [("o", "one_way")]

    def test_another_edit_stays_and_is_remembered_as_one(self, one_way) -> None:
        decision = decide(home("a", "o"), lead("a", "a"), **one_way)
        assert (decision.odoo, decision.pardot, decision.losers) == ({}, None, ())
        later = decide(home("p", "o", decision.pairs.get(HOME, AGREED)), lead("p", "a"), **one_way)
        assert later.odoo == {LEAD: "p"}
        assert [(loser.lost, loser.rule) for loser in later.losers] == [("p", "latest:tie")]
        again = decide(home("p", "o", later.pairs[HOME]), lead("p", "p", AgreedPair("p", "p")))
        assert again.pardot == (HOME, "o"), "still an edit when the field may flow both ways"

    def test_a_decided_conflict_is_told_once(self, one_way) -> None:
        first = decide(home("p", "o"), authority=Authority.ODOO, **one_way)
        assert len(first.losers) == 1
        second = decide(home("p", "o", first.pairs[HOME]), authority=Authority.ODOO, **one_way)
        assert (second.odoo, second.losers, second.pairs) == ({}, (), {})


class TestTowardsPardotOnly:
    def test_an_edit_in_pardot_is_put_back(self) -> None:
        decision = decide(home("p", "a"), direction=Direction.TO_PARDOT)
        assert (decision.odoo, decision.pardot) == ({}, (HOME, "a"))
        assert [(loser.lost, loser.rule) for loser in decision.losers] == [("p", "one_way")]

    def test_odoo_wins_every_conflict(self) -> None:
        to_pardot = {"direction": Direction.TO_PARDOT, "authority": Authority.PARDOT}
        assert decide(home("p", "o"), **to_pardot).pardot == (HOME, "o")

    def test_odoo_is_never_written(self) -> None:
        for pair, ours in product((None, AGREED), ("", "p")):
            decision = decide(home(ours, ""), lead(ours, "l", pair), direction=Direction.TO_PARDOT)
            assert decision.odoo == {}


def test_an_unread_cell_takes_no_part() -> None:
    decision = decide(home("b", UNREAD), lead("b", "a"))
    assert decision.odoo == {LEAD: "b"}
    assert HOME not in decision.pairs


def test_while_pardot_is_unread_an_edit_in_odoo_waits() -> None:
    assert decide(home(UNREAD, "o"), lead(UNREAD, "a")) == FieldDecision(rule="unread")


def test_a_held_field_is_left_alone() -> None:
    assert decide(home("p", "o"), lead("p", "a"), held=True) == FieldDecision(rule="held")


def test_a_restored_value_goes_everywhere_and_what_it_replaces_is_kept() -> None:
    decision = decide(home("a", "a"), lead("a", "a"), forced=(LEAD, "r"))
    assert (decision.odoo, decision.pardot) == ({HOME: "r", LEAD: "r"}, (LEAD, "r"))
    assert {(loser.lost, loser.rule) for loser in decision.losers} == {("a", "restored")}
    assert {loser.winner for loser in decision.losers} == {"odoo", "pardot"}
    assert decision.rule == "restored"


def test_a_restored_value_goes_the_one_way_there_is() -> None:
    decision = decide(home("a", "a"), direction=Direction.TO_ODOO, forced=(HOME, "r"))
    assert (decision.odoo, decision.pardot) == ({HOME: "r"}, None)


def test_a_value_that_pardot_has_no_word_for_stays_an_edit() -> None:
    listed = Cell("contact/listed", "a", "unheard of", AGREED)
    decision = decide(listed)
    assert (decision.odoo, decision.pardot) == ({}, None)


def test_what_pardot_loses_is_kept_in_a_cell_that_has_a_word_for_it() -> None:
    # The contact's relation knows no record of the name that Pardot shows: it would be empty.
    decision = decide(home("", "h", None), lead("p", "", None))
    assert decision.pardot == (HOME, "h")
    assert [(loser.key, loser.lost) for loser in decision.losers] == [(LEAD, "p")]
    stays = decide(
        home("", "h"), lead("p", "a"), direction=Direction.TO_ODOO, authority=Authority.ODOO
    )
    assert [(loser.key, loser.lost) for loser in stays.losers] == [(LEAD, "p")]


def test_a_cell_that_has_no_word_for_the_value_keeps_its_own() -> None:
    decision = decide(home("a", "new"), Cell("lead/listed", "a", "a", AGREED))
    assert decision.odoo == {}
    assert decision.pardot == (HOME, "new")
    assert "lead/listed" not in decision.pairs_after_pardot


def test_a_value_of_which_nothing_would_be_left_does_not_empty_the_other_side() -> None:
    policy = FieldPolicy(blank=BlankPolicy.CLEAR)
    cells = [home("a", "call me"), lead("a", "a")]
    decision = decide_field(cells, policy, LossyForms(), lambda *_: "", UNKNOWN)
    assert (decision.odoo, decision.pardot) == ({}, None)


def test_what_pardot_cut_is_no_difference_at_first_contact() -> None:
    decision = decide(home("abcdefgh", "abcdefghijk", None))
    assert (decision.odoo, decision.pardot, decision.losers) == ({}, None, ())
    assert decision.pairs == {HOME: AgreedPair("abcdefgh", "abcdefghijk")}


def test_first_contact_never_blanks_even_pardots_own_fields() -> None:
    own = {"direction": Direction.TO_ODOO, "authority": Authority.PARDOT}
    assert decide(home("", "x", None), blank=BlankPolicy.CLEAR, **own).odoo == {}


# ---- once found by the histories ---------------------------------------------------------------


def test_a_newly_linked_lead_follows_though_home_was_emptied_meanwhile() -> None:
    decision = decide(home("a", ""), lead("a", "l", None))
    assert (decision.odoo, decision.pardot) == ({LEAD: "a"}, None)
    assert decision.pairs[HOME] == AgreedPair("a", "")
    assert [loser.lost for loser in decision.losers] == ["l"]


def test_where_pardot_has_no_word_for_home_another_edit_speaks() -> None:
    decision = decide(Cell("contact/listed", "a", "unheard of", AGREED), lead("a", "b"))
    assert decision.pardot == (LEAD, "b")
    assert [loser.lost for loser in decision.losers] == ["unheard of"]


def test_a_write_of_ours_that_nobody_remembers_does_not_make_an_edit_older() -> None:
    """A crash left the lead's edit on home, whose record time tells nothing of it."""
    crashed = (home("p", "l", changed=at(0, 10)), lead("p", "l", changed=at(5, 30)))
    decision = decide(*crashed, changed=at(20, 40))
    assert decision.rule == "latest:tie"
    assert decision.pardot == (HOME, "l")


def test_a_cell_that_a_crash_left_written_does_not_speak_for_odoo() -> None:
    decision = decide(home("p", "p"), lead("p", "l"), authority=Authority.ODOO)
    assert decision.pardot == (LEAD, "l")
    assert {loser.lost for loser in decision.losers} == {"p"}


def test_towards_pardot_a_crash_does_not_put_back_what_was_just_told() -> None:
    decision = decide(home("l", "a"), lead("l", "l"), direction=Direction.TO_PARDOT)
    assert decision.pardot is None


def test_one_way_fields_come_to_rest_at_once_against_a_blank() -> None:
    cell = home("", "o", AgreedPair("a", ""))
    decision = decide(cell, authority=Authority.PARDOT, direction=Direction.TO_ODOO)
    assert decision.odoo == {}
    assert decision.pairs == {HOME: AgreedPair("", "o")}


def test_an_emptied_cell_beside_an_edit_that_stays_is_no_edit() -> None:
    cells = (home("a", "o"), lead("a", ""))
    decision = decide(*cells, direction=Direction.TO_ODOO, authority=Authority.ODOO)
    assert decision.odoo == {}
    assert decision.pairs == {LEAD: AgreedPair("a", "")}


# ---- promises over every combination ----------------------------------------------------------

VALUES = ("", "a", "b", "c")
PAIRS = (None, *(AgreedPair(p, o) for p, o in product(("", "a", "b"), repeat=2)))
values = st.sampled_from(VALUES)
pairs = st.sampled_from(PAIRS)
policies = st.builds(
    FieldPolicy,
    st.sampled_from(Direction),
    st.sampled_from(Authority),
    st.sampled_from(BlankPolicy),
    st.booleans(),
)
changes = st.sampled_from([ChangeTime(), at(0, 10), at(10, 20), at(5, 15)])


@st.composite
def fields(draw: st.DrawFn) -> tuple[Cell, ...]:
    ours = draw(values)
    keys = draw(st.sampled_from([(HOME,), (HOME, LEAD), (HOME, LEAD, "lead/folded")]))
    return tuple(Cell(key, ours, draw(values), draw(pairs), draw(changes)) for key in keys)


def run(cells, policy, changed=UNKNOWN, **more) -> FieldDecision:
    return decide_field(cells, policy, LossyForms(), convert, changed, **more)


def carried_out(cells, decision: FieldDecision) -> tuple[Cell, ...]:
    """The field as the next batch reads it."""
    pardot = decision.pardot
    after = []
    for cell in cells:
        theirs = decision.odoo.get(cell.key, cell.theirs)
        ours = cell.ours if pardot is None else pardot[1]
        known = {**decision.pairs, **decision.pairs_after_pardot}
        pair = known.get(cell.key, cell.pair)
        if pair is not None and pair.odoo is None:
            pair = AgreedPair(pair.pardot, theirs)
        after.append(Cell(cell.key, ours, theirs, pair, cell.changed))
    return tuple(after)


@given(fields(), policies, changes)
def test_a_second_look_finds_nothing_to_do(cells, policy, changed) -> None:
    settled = carried_out(cells, run(cells, policy, changed))
    again = run(settled, policy, changed)
    assert (again.odoo, again.pardot, again.losers) == ({}, None, ())
    assert (again.pairs, again.pairs_after_pardot) == ({}, {})


@given(fields(), policies, changes)
def test_a_crash_between_both_writes_changes_nothing_in_the_end(cells, policy, changed) -> None:
    decision = run(cells, policy, changed)
    whole = carried_out(cells, decision)
    half = FieldDecision(decision.odoo, None, decision.pairs)
    resumed = carried_out(cells, half)
    for _ in range(2):
        resumed = carried_out(resumed, run(resumed, policy, changed))
    if len({cell.pair for cell in cells}) == 1:
        assert [(cell.ours, cell.theirs) for cell in resumed] == [
            (cell.ours, cell.theirs) for cell in whole
        ]
    at_rest = run(resumed, policy, changed)
    assert (at_rest.odoo, at_rest.pardot, at_rest.losers) == ({}, None, ())


@given(fields(), policies, changes)
def test_an_edit_is_overwritten_only_by_a_named_rule_that_keeps_it(cells, policy, changed) -> None:
    decision = run(cells, policy, changed)
    for cell in cells:
        known = cell.ours if cell.pair is None else cell.pair.odoo
        if cell.key in decision.odoo and cell.theirs and cell.theirs != known:
            kept = [loser for loser in decision.losers if loser.key == cell.key]
            assert cell.theirs in [loser.lost for loser in kept if loser.lost == loser.odoo]
            assert all(loser.rule for loser in kept)
    edited = any(cell.pair is None or cell.ours != cell.pair.pardot for cell in cells)
    news = any(cell.pair is not None and cell.ours != cell.pair.pardot for cell in cells)
    first = all(cell.pair is None for cell in cells)
    if decision.pardot and cells[0].ours and edited and (news or first):
        assert cells[0].ours in [loser.lost for loser in decision.losers]


@given(fields(), policies, changes)
def test_nothing_is_written_without_a_change_or_a_new_cell(cells, policy, changed) -> None:
    quiet = tuple(
        Cell(cell.key, cells[0].ours, cell.theirs, AgreedPair(cells[0].ours, cell.theirs))
        for cell in cells
    )
    assert run(quiet, policy, changed) == FieldDecision()


@given(fields(), policies, changes, st.data())
def test_unread_never_clears_and_never_writes(cells, policy, changed, data) -> None:
    blind = data.draw(st.sets(st.sampled_from([cell.key for cell in cells])))
    half = tuple(
        Cell(cell.key, cell.ours, UNREAD if cell.key in blind else cell.theirs, cell.pair)
        for cell in cells
    )
    decision = run(half, policy, changed)
    touched = {*decision.odoo, *decision.pairs, *decision.pairs_after_pardot}
    assert not touched & blind
    assert run(tuple(c for c in half if c.key not in blind), policy, changed) == decision
    mute = tuple(Cell(cell.key, UNREAD, cell.theirs, cell.pair) for cell in cells)
    assert run(mute, policy, changed) == FieldDecision(rule="unread")


@given(fields(), policies, changes)
def test_directions_and_blank_policies_hold(cells, policy, changed) -> None:
    decision = run(cells, policy, changed)
    if policy.direction is Direction.TO_ODOO or not policy.invertible:
        assert decision.pardot is None
    if policy.direction is Direction.TO_PARDOT:
        assert decision.odoo == {}
    if policy.blank is not BlankPolicy.CLEAR:
        assert "" not in decision.odoo.values()
        assert decision.pardot is None or decision.pardot[1]
    if policy.blank is BlankPolicy.FILL_ONLY:
        shown = {cell.key: cell.theirs for cell in cells}
        assert not any(shown[key] for key in decision.odoo)
        assert decision.pardot is None or not cells[0].ours


@given(fields(), policies, changes)
def test_a_field_that_flows_both_ways_agrees_everywhere_after_one_batch(
    cells, policy, changed
) -> None:
    free = FieldPolicy(Direction.BOTH, policy.authority, BlankPolicy.CLEAR, invertible=True)
    if any(cell.pair and cell.pair.pardot != cell.pair.odoo for cell in cells):
        return  # agreed to differ under another policy
    settled = carried_out(cells, run(cells, free, changed))
    assert len({cell.theirs for cell in settled} | {cell.ours for cell in settled}) == 1


@given(fields(), policies, changes, st.sampled_from(["", "a", "z"]))
def test_a_forced_value_is_shown_wherever_it_may_go(cells, policy, changed, value) -> None:
    decision = run(cells, policy, changed, forced=(HOME, value))
    settled = carried_out(cells, decision)
    if policy.direction is not Direction.TO_PARDOT:
        assert {cell.theirs for cell in settled} == {value}
        lost = {cell.theirs for cell in cells if cell.theirs and cell.theirs != value}
        assert lost <= {loser.lost for loser in decision.losers}
    if policy.direction is not Direction.TO_ODOO and policy.invertible:
        assert settled[0].ours == value
