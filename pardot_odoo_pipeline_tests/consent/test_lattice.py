"""A refusal stands as long as one side says it, and only that side takes it back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pardot_odoo_pipeline.merge.consent import (
    Cell,
    Channel,
    ChannelDecision,
    ChannelMemory,
    Holder,
    Overruled,
    Side,
    decide_channel,
)

OPTED, MARKED, BOUNCED = "optedOut", "isDoNotEmail", "isEmailHardBounced"
MAIL = Channel(frozenset({OPTED, MARKED, BOUNCED}), frozenset({OPTED, MARKED}), OPTED)
BLOCK = "mail.blacklist"
PEOPLE = ("1", "2")


@dataclass
class World:
    """Both sides as they stand, what people said on each, and what is remembered."""

    flags: dict[str, set[str]] = field(default_factory=lambda: {key: set() for key in PEOPLE})
    block: bool = False
    blocked_by_us: bool = False
    said: dict[str, set[str]] = field(default_factory=lambda: {key: set() for key in PEOPLE})
    said_in_odoo: bool = False
    memory: ChannelMemory = field(default_factory=ChannelMemory)

    def decide(
        self, channel: Channel = MAIL, unread: frozenset[str] = frozenset()
    ) -> ChannelDecision:
        holders = []
        for key in PEOPLE:
            was, put = self.memory.holders.get(key, (None, frozenset()))
            on = frozenset((was or ()) if key in unread else self.flags[key])
            holders.append(Holder(key, on, was, put))
        seen = None if BLOCK in unread else self.block
        cell = Cell(BLOCK, seen, self.memory.cells.get(BLOCK))
        return decide_channel(channel, holders, [cell], self.memory.because, self.memory.refused)

    def sync(self, lost: frozenset[str] = frozenset(), *, crash: bool = False) -> ChannelDecision:
        decision = self.decide()
        for where, value in decision.odoo.items():
            # Odoo keeps a block whose last writer is somebody else.
            if where not in lost and (value or self.blocked_by_us):
                self.block = self.blocked_by_us = value
        for key, changes in decision.pardot.items():
            if key not in lost:
                for flag, value in changes.items():
                    (self.flags[key].add if value else self.flags[key].discard)(flag)
        self.memory = decision.memory if lost or crash else decision.settled
        return decision

    def act(self, where: str, flag: str, value: bool) -> None:
        """What a person does; only what can be seen afterwards was said."""
        if where == BLOCK:
            if self.block != value:
                self.block = self.said_in_odoo = value
                self.blocked_by_us = False
            return
        if value and flag not in self.flags[where]:
            self.flags[where].add(flag)
            self.said[where].add(flag)
        elif not value and flag in self.flags[where]:
            self.flags[where].discard(flag)
            self.said[where].discard(flag)

    def check(self) -> None:
        refuses = self.said_in_odoo or any(self.said.values())
        assert self.block == refuses
        for key in PEOPLE:
            if self.said_in_odoo:
                assert self.said[key] <= self.flags[key]
                assert self.flags[key] & MAIL.enough, "nobody with this address gets mail"
            else:
                assert self.flags[key] == self.said[key]


places = st.sampled_from(
    [(BLOCK, ""), *((key, flag) for key in PEOPLE for flag in (OPTED, MARKED, BOUNCED))]
)
# What happens between two syncs: at most one act in one place, or the second would hide the first.
stretch = st.dictionaries(places, st.booleans(), max_size=4)
losses = st.frozensets(st.sampled_from([BLOCK, *PEOPLE]), max_size=3)


CRASH_THEN_BLOCK = [
    ({("1", OPTED): True}, frozenset(), False),
    ({("1", OPTED): False}, frozenset(), True),
    ({(BLOCK, ""): True}, frozenset(), True),
]


@settings(max_examples=400, deadline=None)
@example(CRASH_THEN_BLOCK)
@given(st.lists(st.tuples(stretch, losses, st.booleans()), max_size=12))
def test_both_sides_show_what_was_said(history: list) -> None:
    world, crashed = World(), False
    for acts, lost, crash in history:
        for (where, flag), value in acts.items():
            if not crashed or where == BLOCK:
                world.act(where, flag, value)
        world.sync(lost, crash=crash)
        if lost or crashed:
            # The next complete run repeats what was lost; where it meets somebody's own block, the
            # one after it tells Pardot.
            world.sync()
            world.sync()
        crashed = crash and not (lost or crashed)
        world.check()
        again = world.decide()
        assert not again.odoo, "no echo in Odoo"
        assert not again.pardot, "no echo in Pardot"
        assert not again.overruled
        assert again.settled == again.memory


@settings(max_examples=200, deadline=None)
@given(
    st.lists(stretch, min_size=1, max_size=8),
    st.frozensets(st.sampled_from([BLOCK, *PEOPLE]), min_size=1),
)
def test_what_was_not_read_lifts_nothing(history: list, unread: frozenset[str]) -> None:
    world = World()
    for acts in history:
        for (where, flag), value in acts.items():
            world.act(where, flag, value)
        world.sync()
    blocked, flags = world.block, {key: set(on) for key, on in world.flags.items()}
    # Everything unread looks empty, and nobody did anything.
    for key in unread - {BLOCK}:
        world.flags[key] = set()
    decision = world.decide(unread=unread)
    assert not decision.odoo
    assert not decision.pardot
    assert (world.block, flags.keys()) == (blocked, world.flags.keys())


def one(*flags: str, was: tuple[str, ...] | None = None, put: tuple[str, ...] = ()) -> Holder:
    known = None if was is None else frozenset(was)
    return Holder("1", frozenset(flags), known, frozenset(put))


@pytest.mark.parametrize("flag", [OPTED, MARKED, BOUNCED])
def test_pardot_blocks_in_odoo_and_lifts_what_it_blocked(flag: str) -> None:
    said = decide_channel(MAIL, [one(flag)], [Cell(BLOCK, False)])
    assert said.odoo == {BLOCK: True}
    assert not said.pardot
    taken_back = decide_channel(
        MAIL, [one(was=(flag,))], [Cell(BLOCK, True, True)], said.settled.because
    )
    assert taken_back.odoo == {BLOCK: False}
    assert taken_back.settled == ChannelMemory(
        frozenset(), frozenset(), {BLOCK: False}, {"1": (frozenset(), frozenset())}
    )


def test_a_block_removed_in_odoo_comes_back_while_pardot_refuses() -> None:
    decision = decide_channel(
        MAIL, [one(OPTED, was=(OPTED,))], [Cell(BLOCK, False, True)], frozenset({Side.PARDOT})
    )
    assert decision.odoo == {BLOCK: True}
    assert decision.overruled == (Overruled(BLOCK, Side.PARDOT),)


def test_a_block_made_in_odoo_opts_out_and_lifts_only_that() -> None:
    said = decide_channel(MAIL, [one(BOUNCED)], [Cell(BLOCK, True)])
    assert said.pardot == {"1": {OPTED: True}}, "a bounce alone is no refusal"
    flags, put = said.settled.holders["1"]
    lifted = decide_channel(
        MAIL, [Holder("1", flags, flags, put)], [Cell(BLOCK, False, True)], said.settled.because
    )
    assert lifted.pardot == {"1": {OPTED: False}}
    assert lifted.odoo == {BLOCK: True}, "the address still bounces"


def test_an_opt_out_withdrawn_in_pardot_comes_back_while_odoo_refuses() -> None:
    because = frozenset({Side.ODOO})
    for put in ((OPTED,), ()):
        decision = decide_channel(
            MAIL, [one(was=(OPTED,), put=put)], [Cell(BLOCK, True, True)], because
        )
        assert decision.pardot == {"1": {OPTED: True}}
        assert decision.overruled == (Overruled("1", Side.ODOO),)
        assert decision.settled.holders["1"] == ({OPTED}, {OPTED})


def test_the_rule_chooses_the_flag() -> None:
    marking = replace(MAIL, put=MARKED)
    assert decide_channel(marking, [one()], [Cell(BLOCK, True)]).pardot == {"1": {MARKED: True}}
    nothing = replace(MAIL, put=None)
    assert not decide_channel(nothing, [one()], [Cell(BLOCK, True)]).pardot


def test_one_refusal_blocks_the_address_of_all() -> None:
    both = [Holder("1", frozenset()), Holder("2", frozenset({OPTED}))]
    decision = decide_channel(MAIL, both, [Cell(BLOCK, False)])
    assert decision.odoo == {BLOCK: True}
    assert not decision.pardot, "the other one said nothing"


def test_whoever_moves_away_takes_nothing_back() -> None:
    stays = Holder("1", frozenset(), frozenset())
    decision = decide_channel(
        MAIL,
        [stays],
        [Cell(BLOCK, True, True)],
        frozenset({Side.PARDOT}),
        refused=frozenset({"2"}),
    )
    assert not decision.odoo
    by_hand = decide_channel(
        MAIL,
        [stays],
        [Cell(BLOCK, False, True)],
        decision.settled.because,
        decision.settled.refused,
    )
    assert not by_hand.odoo, "and a person in Odoo may lift it"
    assert by_hand.settled.refused == frozenset()


def test_a_change_of_the_rules_takes_nothing_back() -> None:
    tolerant = replace(MAIL, flags=frozenset({OPTED}))
    decision = decide_channel(
        tolerant,
        [one(MARKED, was=(MARKED,))],
        [Cell(BLOCK, True, True)],
        frozenset({Side.PARDOT}),
        refused=frozenset({"1"}),
    )
    assert not decision.odoo


def test_a_block_at_a_new_address_is_nobodys_but_odoos() -> None:
    """The caller says so by `was=False`: what stood at the address is not ours."""
    decision = decide_channel(
        MAIL, [one(OPTED)], [Cell(BLOCK, True, False)], frozenset({Side.PARDOT})
    )
    assert decision.settled.because == {Side.PARDOT, Side.ODOO}


def test_a_refusal_in_odoo_follows_to_a_new_address() -> None:
    decision = decide_channel(
        MAIL,
        [one(OPTED, was=(OPTED,), put=(OPTED,))],
        [Cell(BLOCK, False, False)],
        frozenset({Side.ODOO}),
    )
    assert decision.odoo == {BLOCK: True}
    assert not decision.pardot


def test_what_cannot_be_written_is_not_taken_for_a_withdrawal() -> None:
    cell = Cell(BLOCK, False, None, writable=False)
    decision = decide_channel(MAIL, [one(OPTED)], [cell])
    assert not decision.odoo
    again = decide_channel(
        MAIL,
        [one(OPTED, was=(OPTED,))],
        [replace(cell, was=decision.settled.cells[BLOCK])],
        decision.settled.because,
    )
    assert not again.overruled


def test_nothing_is_lifted_where_the_rule_says_so() -> None:
    keeping = replace(MAIL, lift=False)
    decision = decide_channel(
        keeping, [one(was=(OPTED,))], [Cell(BLOCK, True, True)], frozenset({Side.PARDOT})
    )
    assert not decision.odoo
    later = decide_channel(
        keeping, [one(was=())], [Cell(BLOCK, True, decision.settled.cells[BLOCK])]
    )
    assert not later.pardot, "what was left is not Odoo's own wish"
    unblocked = decide_channel(
        keeping,
        [one(OPTED, was=(OPTED,), put=(OPTED,))],
        [Cell(BLOCK, False, True)],
        frozenset({Side.ODOO}),
    )
    assert not unblocked.pardot


def test_a_contact_that_appears_is_told_not_asked() -> None:
    calls = Channel(frozenset({"isDoNotCall"}), frozenset({"isDoNotCall"}), "isDoNotCall")
    lead = Cell("crm.lead", True, True)
    decision = decide_channel(
        calls, [one()], [lead, Cell("res.partner", False)], frozenset({Side.ODOO})
    )
    assert decision.odoo == {"res.partner": True}
    assert decision.pardot == {"1": {"isDoNotCall": True}}
    taken_back = decide_channel(
        calls,
        [one("isDoNotCall", was=("isDoNotCall",), put=("isDoNotCall",))],
        [lead, Cell("res.partner", False, True)],
        frozenset({Side.ODOO}),
    )
    assert taken_back.odoo == {"crm.lead": False}, "one of both is a person's act"
    assert taken_back.pardot == {"1": {"isDoNotCall": False}}
