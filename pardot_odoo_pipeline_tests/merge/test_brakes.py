"""A plan that changes unusually many people is held; usual ones and opt-outs are not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.mapping.rules_file import load_rules
from pardot_odoo_pipeline.mapping.safety_rules import SafetyRules
from pardot_odoo_pipeline.merge.brakes import FIRST_SYNC, Brake, Changes, Kind, brake_rule, judge

RULES = SafetyRules.model_validate(
    {"odoo": {"blanks": {"share": 0.1, "least": 5}}, "pardot": {"deletes": None}}
)


def blanking(count: int, **more) -> list[Changes]:
    return [Changes(str(number), odoo={Kind.BLANKS}, **more) for number in range(count)]


def test_more_people_than_allowed_are_held_together() -> None:
    plan = [*blanking(11), Changes("bystander", odoo={Kind.OVERWRITES})]
    verdict = judge(plan, {}, 100, RULES)
    assert verdict.brakes == (Brake("odoo:blanks", allowed=10, asked=11),)
    assert verdict.people == {str(number) for number in range(11)}


def test_as_many_as_allowed_pass() -> None:
    assert not judge(blanking(10), {}, 100, RULES).brakes


def test_a_few_may_always_be_changed_however_small_the_population() -> None:
    assert not judge(blanking(5), {}, 0, RULES).brakes
    assert judge(blanking(6), {}, 0, RULES).brakes


def test_many_small_batches_of_a_day_are_one_change() -> None:
    verdict = judge(blanking(1), {"odoo:blanks": 10}, 100, RULES)
    assert verdict.brakes == (Brake("odoo:blanks", allowed=10, asked=11),)


def test_a_spent_day_does_not_stop_what_nobody_asks_for() -> None:
    assert not judge([Changes("1", odoo={Kind.CREATES})], {"odoo:blanks": 99}, 100, RULES).brakes


def test_opt_outs_and_erasures_pass_and_are_not_counted() -> None:
    verdict = judge(blanking(50, passes=True), {}, 100, RULES)
    assert not verdict.brakes
    assert not verdict.counted


def test_a_waiver_lifts_its_own_rule_only() -> None:
    both = frozenset({Kind.BLANKS, Kind.DELETES})
    plan = [Changes(str(number), odoo=both) for number in range(11)]
    rules = SafetyRules.model_validate(
        {"odoo": {kind: {"share": 0, "least": 5} for kind in ("blanks", "deletes")}}
    )
    verdict = judge(plan, {}, 100, rules, waived={"odoo:blanks"})
    assert [brake.rule for brake in verdict.brakes] == ["odoo:deletes"]
    assert len(verdict.people) == 11


def test_a_rule_without_a_limit_never_brakes() -> None:
    plan = [Changes(str(number), pardot={Kind.DELETES}) for number in range(1000)]
    assert not judge(plan, {}, 10, RULES).brakes


def test_the_first_sync_makes_everything_and_asks_before_it_overwrites_much() -> None:
    rules = load_rules(None).safety
    makes = [Changes(f"new{n}", odoo={Kind.CREATES}, pardot={Kind.BLANKS}) for n in range(2000)]

    def overwriting(count: int) -> list[Changes]:
        return [Changes(str(number), pardot={Kind.OVERWRITES}) for number in range(count)]

    demo = judge([*makes, *overwriting(100)], {}, 2000, rules, first_sync=True)
    assert not demo.brakes
    much = judge([*makes, *overwriting(401)], {}, 2000, rules, first_sync=True)
    assert much.brakes == (Brake(FIRST_SYNC, allowed=400, asked=401),)
    assert much.people == {str(number) for number in range(401)}


def test_the_documented_defaults_are_those_of_the_model() -> None:
    assert load_rules(None).safety == SafetyRules()


sides = st.frozensets(st.sampled_from(Kind))
plans = st.lists(st.builds(Changes, st.text("ab12", max_size=3), sides, sides, st.booleans()))
spent = st.dictionaries(
    st.builds(brake_rule, st.sampled_from(["odoo", "pardot"]), st.sampled_from(Kind)),
    st.integers(0, 9),
)


@given(plans, spent, st.integers(0, 40))
def test_nobody_is_held_without_a_broken_rule_and_the_rest_stays_within_the_limits(
    plan, spent, population
) -> None:
    limit = {kind.value: {"share": 0.1, "least": 2} for kind in Kind}
    rules = SafetyRules.model_validate({"odoo": limit, "pardot": limit})
    verdict = judge(plan, spent, population, rules)
    assert set(verdict.held) == {brake.rule for brake in verdict.brakes}
    for brake in verdict.brakes:
        assert brake.asked > brake.allowed
    rest = [changes for changes in plan if changes.person not in verdict.people]
    assert not judge(rest, spent, population, rules).brakes
    assert verdict.people <= {changes.person for changes in plan if not changes.passes}
