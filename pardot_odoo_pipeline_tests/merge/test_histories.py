"""Whatever people, crashes and late deliveries do: once it is quiet, both sides agree.

Each history is one person's one field: edits on both sides, records deleted and made again or
merged into others, batches that die between any two writes, readings that arrive late, twice or
in the wrong order. The model itself refuses a write that loses a value nobody kept.
"""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from pardot_odoo_pipeline.mapping.rules import Authority, BlankPolicy, Direction
from pardot_odoo_pipeline.merge.cells import FieldPolicy
from pardot_odoo_pipeline_tests.merge.lossy import FORMS, convert, convert_unaware
from pardot_odoo_pipeline_tests.merge.two_sides import PARDOT, Crash, Reading, TwoSides

VALUES = ["", "", "a", "b", "A", "(b) ", "abcdef", "abcdefghijk", "<p>b</p>"]
policies = st.builds(
    FieldPolicy,
    direction=st.sampled_from(Direction),
    authority=st.sampled_from(Authority),
    blank=st.sampled_from(BlankPolicy),
    invertible=st.sampled_from([True, True, True, False]),
)
layouts = st.lists(
    st.sampled_from([f"{model}/{form}" for model in ("contact", "lead") for form in FORMS]),
    min_size=1,
    max_size=3,
    unique=True,
).map(lambda keys: tuple(sorted(keys)))
places = st.integers(0, 2)
values = st.sampled_from(VALUES)


class Histories(RuleBasedStateMachine):
    @initialize(
        keys=layouts,
        policy=policies,
        aware=st.sampled_from([True, True, False]),
        pardot=values,
        odoo=st.lists(values, min_size=3, max_size=3),
    )
    def begin(self, keys, policy, aware, pardot, odoo) -> None:
        self.sides = TwoSides(keys, policy, convert if aware else convert_unaware)
        self.late: list[Reading] = []
        self.sides.edit_pardot(pardot)
        for key, value in zip(keys, odoo, strict=False):
            self.sides.edit_cell(key, value)

    def key(self, place: int) -> str:
        return self.sides.keys[place % len(self.sides.keys)]

    @rule(value=values)
    def someone_edits_pardot(self, value) -> None:
        self.sides.edit_pardot(value)

    @rule(place=places, value=values)
    def someone_edits_odoo(self, place, value) -> None:
        self.sides.edit_cell(self.key(place), value)

    @rule(place=places, value=values)
    def another_record_takes_a_records_place(self, place, value) -> None:
        model = self.sides.model(self.key(place))
        self.sides.replace_record(model, dict.fromkeys(self.sides.keys_of(model), value))

    @rule(crash=st.sampled_from([*Crash, Crash.NEVER, Crash.NEVER]))
    def a_batch_runs(self, crash) -> None:
        self.sides.batch(crash=crash)

    @rule(blind=st.sampled_from([PARDOT, 0, 1, 2]), crash=st.sampled_from(Crash))
    def a_batch_reads_only_some(self, blind, crash) -> None:
        place = blind if blind == PARDOT else self.key(blind)
        before = self.sides.pardot if place == PARDOT else self.sides.shown(place)
        self.sides.batch(crash=crash, unread=frozenset({place}))
        after = self.sides.pardot if place == PARDOT else self.sides.shown(place)
        assert after == before, "what was not read was written"

    @rule()
    def a_reading_is_taken(self) -> None:
        self.late.append(self.sides.read())

    @precondition(lambda self: self.late)
    @rule(which=st.integers(0, 5), crash=st.sampled_from(Crash))
    def a_reading_arrives_late(self, which, crash) -> None:
        self.sides.batch(self.late[which % len(self.late)], crash)

    def teardown(self) -> None:
        if not hasattr(self, "sides"):
            return
        sides = self.sides
        sides.batch()
        sides.batch()
        for key in sides.keys:
            assert sides.agrees(key) or sides.may_differ(key), f"{key} disagrees: {sides}"
        assert not sides.brought_back(), f"{sides.brought_back()} came back: {sides}"
        written, lost = len(sides.writes), len(sides.ledger.losers)
        decision = sides.batch()
        assert len(sides.writes) == written, f"an echo: {decision}"
        assert len(sides.ledger.losers) == lost, f"a conflict without an edit: {decision}"
        assert not decision.pairs, f"it never comes to rest: {decision}"
        assert not decision.pairs_after_pardot, f"it never comes to rest: {decision}"


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=2000,
    stateful_step_count=16,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@settings(deadline=None)
@given(
    keys=layouts,
    policy=policies,
    aware=st.booleans(),
    start=st.lists(values, min_size=4, max_size=4),
    place=st.sampled_from([PARDOT, 0, 1, 2]),
    value=values,
)
def test_one_edit_has_at_most_one_effect_on_each_place(
    keys, policy, aware, start, place, value
) -> None:
    sides = TwoSides(keys, policy, convert if aware else convert_unaware)
    sides.edit_pardot(start[0])
    for key, text in zip(keys, start[1:], strict=False):
        sides.edit_cell(key, text)
    for _ in range(3):
        sides.batch()
    sides.writes.clear()
    # Where a cell never had a word for Pardot's value, an edit can be what they first meet in.
    have_met = bool(sides.ledger.pairs)
    origin = PARDOT if place == PARDOT else keys[place % len(keys)]
    if origin == PARDOT:
        sides.edit_pardot(value)
    else:
        sides.edit_cell(origin, value)
    for _ in range(3):
        sides.batch()
    effects = Counter(written for written, _ in sides.writes)
    assert all(count == 1 for count in effects.values())
    if policy.direction is Direction.BOTH and policy.invertible and have_met:
        assert origin not in effects, "the edit came back"


def test_what_pardot_must_not_keep_is_put_back_by_who_spoke_before() -> None:
    """Although that cell, a list, has no word for what Pardot shows meanwhile."""
    one_edit = test_one_edit_has_at_most_one_effect_on_each_place.hypothesis.inner_test
    policy = FieldPolicy(Direction.TO_PARDOT, Authority.PARDOT, BlankPolicy.KEEP, invertible=True)
    keys, start = ("contact/listed", "contact/plain"), ["", "a", "b", ""]
    one_edit(keys=keys, policy=policy, aware=False, start=start, place=PARDOT, value="A")
    sides = TwoSides(keys, policy, convert_unaware)
    sides.edit_cell("contact/listed", "a")
    sides.edit_cell("contact/plain", "b")
    sides.batch()
    sides.edit_pardot("A")
    [loser] = sides.batch().losers
    assert (sides.pardot, loser.lost, loser.rule) == ("a", "A", "one_way")


def test_a_cell_that_never_had_a_word_for_pardots_value_meets_it_when_it_has() -> None:
    """Emptied in Pardot, the field is one that both sides meet in: blanks are filled, once."""
    policy = FieldPolicy(Direction.BOTH, Authority.PARDOT, BlankPolicy.KEEP, invertible=True)
    sides = TwoSides(("contact/listed",), policy, convert)
    sides.edit_pardot("A")
    sides.edit_cell("contact/listed", "a")
    assert (sides.batch().rule, sides.ledger.pairs) == ("unread", {})
    sides.edit_pardot("")
    assert sides.batch().rule == "filled"
    sides.edit_pardot("")
    sides.batch()
    assert [value for _, value in sides.writes] == ["a"], "once they met, an empty field stays so"
    assert sides.pardot == ""


def test_what_outlived_an_emptied_field_is_kept_when_a_cell_that_had_no_word_speaks() -> None:
    policy = FieldPolicy(Direction.BOTH, Authority.PARDOT, BlankPolicy.KEEP, invertible=True)
    sides = TwoSides(("contact/listed", "contact/plain"), policy, convert)
    sides.edit_pardot("A")
    sides.edit_cell("contact/listed", "a")
    sides.edit_cell("contact/plain", "A")
    sides.batch()
    sides.edit_pardot("")
    losers = sides.batch().losers
    assert ("contact/plain", "A", "home") in {(one.key, one.lost, one.rule) for one in losers}
    assert [sides.pardot, *map(sides.shown, sides.keys)] == ["a"] * 3
