"""One person's flags and records, turned into what each system is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from pardot_odoo_pipeline.mapping.consent_rules import ConsentRules
from pardot_odoo_pipeline.mapping.reasons import FindingCode
from pardot_odoo_pipeline.mapping.rules_file import load_rules
from pardot_odoo_pipeline.odoo.loader import LEAD, PARTNER
from pardot_odoo_pipeline.steps.consent import Consent, ConsentPlan, Member, consent_fields

ADA = {"prospect_id": "1", "email_key": "ada@example.com"}
NO = {
    "optedOut": "false",
    "isDoNotEmail": "false",
    "isEmailHardBounced": "false",
    "isDoNotCall": "false",
}
SHOWN = (
    "x_pardot_opted_out",
    "x_pardot_do_not_email",
    "x_pardot_hard_bounced",
    "x_pardot_do_not_call",
)


def consent(**rules: Any) -> Consent:
    writable = rules.pop("writable", True)
    return Consent(ConsentRules(**rules), lambda key: f"#{len(key)}", writable=writable)


def record(key: str = "ada@example.com", **values: Any) -> dict[str, Any]:
    empty = dict.fromkeys((*SHOWN, "is_blacklisted"), False)
    return {**empty, "x_pardot_email_key": key, **values}


def raw(**flags: str) -> dict[str, str]:
    return {**NO, **flags}


def stored(document: Mapping[str, Any]) -> dict[str, Any]:
    """As it comes back from the ledger."""
    return json.loads(json.dumps(document))


def after(plan: ConsentPlan, *records: dict[str, Any], blocked: bool | None = None) -> None:
    """Odoo once the plan was carried out."""
    for one, changes in zip(records, (plan.lead, plan.partner), strict=False):
        one.update(changes)
        one["is_blacklisted"] = plan.block if blocked is None else blocked


def test_the_asked_fields_are_there() -> None:
    asked = consent_fields()
    assert set(asked["pardot"]) == set(NO)
    assert "is_blacklisted" in asked[LEAD]
    assert asked[LEAD] == asked[PARTNER]


def test_nothing_said_nothing_done() -> None:
    plan = consent().decide(NO, ADA, record(), record(), None)
    assert (plan.pardot, plan.lead, plan.partner, plan.block) == ({}, {}, {}, None)
    again = consent().decide(NO, ADA, record(), record(), stored(plan.settled))
    assert again.settled == plan.settled == plan.memory == {"on": []}


def test_an_opt_out_is_shown_and_blocks() -> None:
    lead, partner = record(), record()
    plan = consent().decide(raw(optedOut="true"), ADA, lead, partner, None)
    assert plan.lead == plan.partner == {"x_pardot_opted_out": True}
    assert (plan.block, plan.cause) == (True, "opted_out")
    assert plan.pardot == {}
    after(plan, lead, partner)
    quiet = consent().decide(raw(optedOut="true"), ADA, lead, partner, stored(plan.settled))
    assert (quiet.pardot, quiet.lead, quiet.partner, quiet.block) == ({}, {}, {}, None)
    lifted = consent().decide(NO, ADA, lead, partner, stored(plan.settled))
    assert lifted.block is False
    assert lifted.lead == {"x_pardot_opted_out": False}
    assert lifted.losers == ()


@pytest.mark.parametrize(
    ("flag", "cause"), [("isDoNotEmail", "do_not_email"), ("isEmailHardBounced", "hard_bounced")]
)
def test_the_cause_goes_along(flag: str, cause: str) -> None:
    assert consent().decide(raw(**{flag: "true"}), ADA, None, None, None).cause == cause


def test_new_records_begin_with_what_is_known() -> None:
    plan = consent().decide(raw(optedOut="true", isDoNotCall="true"), ADA, None, None, None)
    assert plan.lead == {"x_pardot_opted_out": True, "x_pardot_do_not_call": True}
    assert plan.partner == plan.lead
    made = record(is_blacklisted=True, **plan.lead)
    again = consent().decide(
        raw(optedOut="true", isDoNotCall="true"), ADA, made, None, stored(plan.settled)
    )
    assert (again.pardot, again.lead, again.block) == ({}, {}, None)
    assert again.settled["isDoNotCall"]["because"] == ["pardot"], "not taken for Odoo's wish"


def test_a_block_removed_by_hand_comes_back_and_is_explained() -> None:
    lead = record()
    plan = consent().decide(raw(optedOut="true"), ADA, lead, None, None)
    after(plan, lead, blocked=False)
    put_back = consent().decide(raw(optedOut="true"), ADA, lead, None, stored(plan.settled))
    assert put_back.block is True
    [loser] = put_back.losers
    assert (loser.key, loser.winner, loser.rule) == (
        "mail.blacklist",
        "pardot",
        "consent:set_in_pardot",
    )
    assert (loser.pardot, loser.odoo) == (True, False)


def test_a_block_made_in_odoo_reaches_every_prospect_with_the_address() -> None:
    lead = record(is_blacklisted=True)
    other = Member("2", None, {"on": [], "known": ["optedOut"]})
    plan = consent().decide(NO, ADA, lead, None, None, [other])
    assert plan.pardot == {"optedOut": True}
    assert plan.siblings["2"].pardot == {"optedOut": True}
    lead["is_blacklisted"] = False
    lifted = consent().decide(
        raw(optedOut="true"),
        ADA,
        lead,
        None,
        stored(plan.settled),
        [Member("2", raw(optedOut="true"), stored(plan.siblings["2"].settled))],
    )
    assert lifted.pardot == lifted.siblings["2"].pardot == {"optedOut": False}


def test_a_sibling_that_was_not_read_still_refuses() -> None:
    lead = record()
    other = Member("2", raw(optedOut="true"), None)
    plan = consent().decide(NO, ADA, lead, None, None, [other])
    assert plan.block is True
    assert plan.lead == {"x_pardot_opted_out": True}
    after(plan, lead)
    unread = Member("2", None, stored(plan.siblings["2"].settled))
    again = consent().decide(NO, ADA, lead, None, stored(plan.settled), [unread])
    assert (again.block, again.lead) == (None, {})


def test_what_is_not_read_is_not_withdrawn_and_not_shown_as_no() -> None:
    lead = record(x_pardot_opted_out=True)
    unread = consent().decide({"optedOut": None}, ADA, lead, None, None)
    assert (unread.lead, unread.block) == ({}, None)
    plan = consent().decide(raw(optedOut="true"), ADA, lead, None, None)
    after(plan, lead)
    again = consent().decide({"isDoNotCall": "false"}, ADA, lead, None, stored(plan.settled))
    assert (again.lead, again.block) == ({}, None)


def test_do_not_call_flows_both_ways() -> None:
    lead, partner = record(), record(x_pardot_do_not_call=True)
    plan = consent().decide(NO, ADA, lead, partner, None)
    assert plan.pardot == {"isDoNotCall": True}
    assert plan.lead == {"x_pardot_do_not_call": True}
    assert plan.block is None, "a phone is no e-mail address"
    after(plan, lead, partner, blocked=False)
    partner["x_pardot_do_not_call"] = False
    lifted = consent().decide(raw(isDoNotCall="true"), ADA, lead, partner, stored(plan.settled))
    assert lifted.pardot == {"isDoNotCall": False}
    assert lifted.lead == {"x_pardot_do_not_call": False}
    refused = consent().decide(
        NO, ADA, lead, record(x_pardot_do_not_call=True), stored(plan.settled)
    )
    assert refused.pardot == {"isDoNotCall": True}, "set in Odoo, and not Pardot's to lift"
    assert [loser.rule for loser in refused.losers] == ["consent:set_in_odoo"]


def test_calls_can_be_left_alone() -> None:
    silent = consent(calls=False)
    plan = silent.decide(raw(isDoNotCall="true"), ADA, record(), None, None)
    assert (plan.lead, plan.pardot) == ({}, {})
    remembered = {"on": ["isDoNotCall"], "put": ["isDoNotCall"], "isDoNotCall": {"x": 1}}
    kept = silent.decide(raw(isDoNotCall="true"), ADA, record(), None, remembered)
    assert kept.settled["put"] == ["isDoNotCall"]
    assert kept.settled["isDoNotCall"] == {"x": 1}


def test_a_new_address_takes_the_refusal_along() -> None:
    lead = record()
    plan = consent().decide(raw(optedOut="true"), ADA, lead, None, None)
    after(plan, lead)
    moved = {"prospect_id": "1", "email_key": "ada.byron@example.com"}
    there = consent().decide(raw(optedOut="true"), moved, lead, None, stored(plan.settled))
    assert there.block is True, "Odoo shows the old address still"
    arrived = record("ada.byron@example.com", is_blacklisted=True, x_pardot_opted_out=True)
    theirs = consent().decide(raw(optedOut="true"), moved, arrived, None, stored(plan.settled))
    assert theirs.settled["mail"]["because"] == ["odoo", "pardot"], "blocked there by others"


def test_without_the_action_the_fields_show_it_and_a_finding_says_so() -> None:
    bare = consent(writable=False)
    lead = record()
    plan = bare.decide(raw(optedOut="true"), ADA, lead, None, None)
    assert plan.block is None
    assert plan.lead == {"x_pardot_opted_out": True}
    assert plan.findings == (("is_blacklisted", FindingCode.CONSENT_NOT_PROVISIONED, None),)
    after(plan, lead, blocked=False)
    again = bare.decide(raw(optedOut="true"), ADA, lead, None, stored(plan.settled))
    assert again.losers == (), "nobody removed anything"
    now = consent().decide(raw(optedOut="true"), ADA, lead, None, stored(again.settled))
    assert now.block is True, "once it is provisioned, the block follows"


def test_a_new_leader_inherits_what_odoo_showed() -> None:
    lead = record(is_blacklisted=True)
    first = consent().decide(NO, ADA, lead, None, None)
    former = Member("1", raw(optedOut="true"), stored(first.settled))
    plan = consent().decide(
        NO, {"prospect_id": "2", "email_key": ADA["email_key"]}, lead, None, None, [former]
    )
    assert plan.settled["mail"]["because"] == ["odoo"]
    assert plan.pardot == {"optedOut": True}


def test_the_document_names_no_person() -> None:
    plan = consent().decide(raw(optedOut="true"), ADA, record(), None, None)
    assert "ada" not in json.dumps([plan.memory, plan.settled])


def test_the_rules_file_says_it(tmp_path: Any) -> None:
    assert load_rules(None).consent == ConsentRules()
    own = tmp_path / "rules.yaml"
    own.write_text("consent:\n  block_sets: isDoNotEmail\n  blocks: [optedOut]\n")
    rules = load_rules(own).consent
    made = Consent(rules, str)
    assert made.decide(NO, ADA, record(is_blacklisted=True), None, None).pardot == {
        "isDoNotEmail": True
    }
    assert made.decide(raw(isDoNotEmail="true"), ADA, record(), None, None).block is None
    own.write_text("consent:\n  block_sets: isEmailHardBounced\n")
    with pytest.raises(Exception, match="block_sets"):
        load_rules(own)


BOB = "bob@elsewhere.example"


def elsewhere(flags: Mapping[str, str] | None, memory: Mapping[str, Any] | None = None) -> Member:
    """A follower with an address of its own."""
    return Member("2", flags, memory, "#bob", BOB if flags else None)


def test_a_follower_refuses_for_its_own_address_alone() -> None:
    lead = record()
    plan = consent().decide(
        NO, ADA, lead, None, None, [elsewhere(raw(optedOut="true"))], {BOB: False}.get
    )
    assert (plan.pardot, plan.lead, plan.block) == ({}, {}, None)
    bob = plan.siblings["2"]
    assert (bob.pardot, bob.block, bob.cause) == ({}, True, "opted_out")
    unread = consent().decide(
        NO, ADA, lead, None, stored(plan.settled), [elsewhere(None, stored(bob.settled))]
    )
    assert unread.settled == plan.settled, "what was not read is not forgotten"
    lifted = consent().decide(
        NO,
        ADA,
        lead,
        None,
        stored(unread.settled),
        [elsewhere(NO, stored(bob.settled))],
        {BOB: True}.get,
    )
    assert lifted.siblings["2"].block is False
    assert lifted.siblings["2"].pardot == {}


def test_a_block_of_a_followers_address_is_its_own() -> None:
    plan = consent().decide(NO, ADA, record(), None, None, [elsewhere(NO)], {BOB: True}.get)
    assert (plan.pardot, plan.siblings["2"].pardot) == ({}, {"optedOut": True})


def test_an_address_that_no_record_has_is_not_blocked_there_and_not_forgotten() -> None:
    plan = consent().decide(NO, ADA, record(), None, None, [elsewhere(raw(optedOut="true"))])
    assert plan.siblings["2"].block is None
    memory = stored(plan.siblings["2"].settled)
    arrived = [elsewhere(raw(optedOut="true"), memory)]
    later = consent().decide(
        NO, ADA, record(), None, stored(plan.settled), arrived, {BOB: False}.get
    )
    assert later.siblings["2"].block is True


def test_what_was_remembered_of_a_followers_address_holds_once_it_leads() -> None:
    follower = elsewhere(raw(optedOut="true"))
    plan = consent().decide(NO, ADA, record(), None, None, [follower], {BOB: False}.get)
    memory = stored(plan.siblings["2"].settled) | {}
    memory["mail"]["at"] = f"#{len(BOB)}"
    bob = {"prospect_id": "2", "email_key": BOB}
    lead = record(BOB, is_blacklisted=True, x_pardot_opted_out=True)
    alone = consent().decide(NO, bob, lead, None, memory)
    assert (alone.block, alone.pardot) == (False, {})
