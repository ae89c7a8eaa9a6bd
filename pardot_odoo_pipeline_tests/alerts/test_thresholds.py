"""The rule of what is unusual, by property: it never cries wolf, and never misses the wolf."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.operations.thresholds import (
    Bounds,
    Share,
    Tolerance,
    bounds_above,
    bounds_below,
    share_bounds,
)

FIGURES = st.floats(0.001, 1e6, allow_nan=False)
MANY = st.lists(FIGURES, min_size=10, max_size=60)
TOLERANCES = st.builds(
    Tolerance,
    factor=st.floats(1.01, 10),
    floor=st.floats(0.001, 100),
    spread=st.floats(0, 10),
    least=st.just(10),
)


@given(st.lists(FIGURES, max_size=9), TOLERANCES)
def test_with_few_values_before_nothing_is_usual(before: list[float], rule: Tolerance) -> None:
    assert bounds_above(before, rule) is None
    assert bounds_below(before, rule) is None


@given(MANY, TOLERANCES)
def test_what_is_usual_is_no_breach_and_ends_one(before: list[float], rule: Tolerance) -> None:
    for make in (bounds_above, bounds_below):
        bounds = make(before, rule)
        assert bounds is not None
        assert not bounds.is_breach(bounds.usual, was_breach=False)
        assert not bounds.is_breach(bounds.usual, was_breach=True)


@given(MANY, TOLERANCES, FIGURES)
def test_a_breach_is_over_only_some_way_back(
    before: list[float], rule: Tolerance, value: float
) -> None:
    for make in (bounds_above, bounds_below):
        bounds = make(before, rule)
        assert bounds is not None
        if bounds.is_breach(value, was_breach=False):
            assert bounds.is_breach(value, was_breach=True)
        assert not bounds.is_breach(bounds.opens, was_breach=False)


@given(FIGURES, TOLERANCES, st.integers(10, 60))
def test_a_steady_figure_may_reach_its_factor_and_its_floor(
    usual: float, rule: Tolerance, times: int
) -> None:
    above = bounds_above([usual] * times, rule)
    assert above is not None
    assert above.is_breach(usual * rule.factor + rule.floor, was_breach=False)
    assert not above.is_breach(usual + rule.floor * 0.99, was_breach=False)
    assert not above.is_breach(usual * (1 + (rule.factor - 1) * 0.99), was_breach=False)


@given(MANY, TOLERANCES, st.floats(1e7, 1e12))
def test_a_few_extreme_values_before_do_not_change_what_is_usual_much(
    before: list[float], rule: Tolerance, extreme: float
) -> None:
    """However extreme a fifth of them is, the bound stays within what the others span."""
    polluted = before + [extreme] * (len(before) // 5)
    bounds = bounds_above(polluted, rule)
    assert bounds is not None
    assert bounds.usual <= max(before)
    span = max(before) - min(before)
    most = bounds.usual + max(
        rule.spread * 1.4826 * span, (rule.factor - 1) * max(before), rule.floor
    )
    assert bounds.opens <= most * (1 + 1e-9)


@given(MANY, TOLERANCES, st.floats(0.01, 100))
def test_the_unit_does_not_matter(before: list[float], rule: Tolerance, unit: float) -> None:
    scaled = Tolerance(rule.factor, rule.floor * unit, rule.spread, rule.least)
    for make in (bounds_above, bounds_below):
        one, other = make(before, rule), make([value * unit for value in before], scaled)
        assert one is not None
        assert other is not None
        assert abs(other.opens - one.opens * unit) <= 1e-6 * max(abs(other.opens), unit, 1)


PEOPLE = st.lists(
    st.tuples(st.integers(1, 500), st.integers(0, 100)), min_size=10, max_size=40
).map(lambda drawn: [Share(whole * percent // 100, whole) for whole, percent in drawn])
SHARE_RULE = Tolerance(3, 0.05, 4, 10)


@given(PEOPLE, st.integers(1, 2000))
def test_the_usual_share_is_no_breach_of_however_many_people(
    before: list[Share], whole: int
) -> None:
    usual = sum(share.part for share in before) / sum(share.whole for share in before)
    now = Share(int(usual * whole), whole)
    bounds = share_bounds(before, now, SHARE_RULE)
    assert bounds is not None
    assert not bounds.is_breach(now.value, was_breach=False)


@given(PEOPLE, st.integers(1, 1000), st.integers(2, 10))
def test_fewer_people_need_a_larger_share(before: list[Share], whole: int, times: int) -> None:
    few = share_bounds(before, Share(0, whole), SHARE_RULE)
    many = share_bounds(before, Share(0, whole * times), SHARE_RULE)
    assert few is not None
    assert many is not None
    assert few.opens >= many.opens


@given(st.lists(st.floats(0, 100), min_size=1, max_size=200))
def test_a_figure_that_wavers_between_the_bounds_changes_nothing(values: list[float]) -> None:
    bounds = Bounds(10, 40, 25)
    state, changes = False, 0
    for value in values:
        after = bounds.is_breach(value, was_breach=state)
        if after != state:
            assert value > 40 if after else value <= 25
            changes += 1
        state = after
    within = [value for value in values if 25 < value <= 40]
    if len(within) == len(values):
        assert changes == 0


def test_a_rate_that_falls_to_a_third_is_a_breach_until_it_is_half_way_back() -> None:
    bounds = bounds_below([30.0] * 12, Tolerance(3, 0))
    assert bounds is not None
    assert not bounds.is_breach(10.1, was_breach=False)
    assert bounds.is_breach(9.9, was_breach=False)
    assert bounds.is_breach(17, was_breach=True)
    assert not bounds.is_breach(18, was_breach=True)
