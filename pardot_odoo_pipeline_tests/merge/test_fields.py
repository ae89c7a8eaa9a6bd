"""The decision for one value: nothing without a change, nothing overwritten without a rule."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.mapping.rules import Authority, BlankPolicy
from pardot_odoo_pipeline.merge.fields import (
    AgreedPair,
    FieldDecision,
    Verdict,
    decide_field,
)

values = st.sampled_from(["", "a", "b", "c"])
pairs = st.none() | st.builds(AgreedPair, values, values)
authorities = st.sampled_from(Authority)
blanks = st.sampled_from(BlankPolicy)


def decide(ours, theirs, pair=None, authority=Authority.LATEST, blank=BlankPolicy.KEEP):
    return decide_field(
        ours,
        theirs,
        pair,
        authority=authority,
        blank=blank,
        same=lambda a, b: a == b,
        is_blank=lambda value: value == "",
    )


def test_a_change_in_pardot_is_written_over_an_untouched_value() -> None:
    assert decide("b", "a", AgreedPair("a", "a")).verdict is Verdict.WRITE


def test_a_human_edit_in_odoo_stays_when_pardot_did_not_change() -> None:
    assert decide("a", "edited", AgreedPair("a", "a")) == FieldDecision(Verdict.KEEP)


def test_a_lossy_conversion_is_not_an_edit() -> None:
    assert decide("long name", "long n…", AgreedPair("long name", "long n…")).verdict is (
        Verdict.KEEP
    )


def test_both_changed_goes_to_the_authority_and_keeps_the_loser() -> None:
    pair = AgreedPair("a", "a")
    assert decide("b", "c", pair, Authority.PARDOT) == FieldDecision(Verdict.WRITE, conflict=True)
    assert decide("b", "c", pair, Authority.ODOO) == FieldDecision(Verdict.KEEP, conflict=True)


def test_first_contact_fills_blanks_and_respects_what_is_there() -> None:
    assert decide("b", "").verdict is Verdict.WRITE
    assert decide("b", "c").verdict is Verdict.KEEP
    assert decide("b", "c", authority=Authority.PARDOT).verdict is Verdict.WRITE
    assert decide("", "c", blank=BlankPolicy.CLEAR).verdict is Verdict.KEEP


def test_a_blank_clears_only_where_the_rule_says_so() -> None:
    pair = AgreedPair("a", "a")
    assert decide("", "a", pair).verdict is Verdict.KEEP
    assert decide("", "a", pair, blank=BlankPolicy.CLEAR).verdict is Verdict.WRITE


def test_what_a_person_emptied_is_not_filled_again_against_the_authority() -> None:
    assert decide("b", "", AgreedPair("a", "a"), Authority.ODOO).verdict is Verdict.KEEP


@given(values, values, pairs, authorities, blanks)
def test_promises_hold_for_every_combination(ours, theirs, pair, authority, blank) -> None:
    decision = decide(ours, theirs, pair, authority, blank)
    if ours == theirs:
        assert decision.verdict is Verdict.SAME
    if pair is not None and ours == pair.pardot and ours != theirs:
        assert decision.verdict is Verdict.KEEP, "Pardot did not change"
    edited_by_hand = pair is not None and theirs not in (pair.odoo, ours)
    if decision.verdict is Verdict.WRITE and edited_by_hand and theirs:
        assert decision.conflict, "a value that a person set is overwritten: keep the loser"
        assert authority is Authority.PARDOT
    if ours == "" and blank is not BlankPolicy.CLEAR:
        assert decision.verdict is not Verdict.WRITE


@given(values, values, pairs, authorities, blanks)
def test_a_second_look_after_the_write_finds_nothing_to_do(
    ours, theirs, pair, authority, blank
) -> None:
    decision = decide(ours, theirs, pair, authority, blank)
    after = ours if decision.verdict is Verdict.WRITE else theirs
    again = decide(ours, after, AgreedPair(ours, after), authority, blank)
    assert again.verdict is not Verdict.WRITE
