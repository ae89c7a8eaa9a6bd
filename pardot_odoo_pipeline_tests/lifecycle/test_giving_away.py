"""Who becomes a lead, who qualifies, who gets it: the rules at work on both systems."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.merge.values import AgreedPair
from pardot_odoo_pipeline.odoo.conversion import convert
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.steps.automation import Automation, Candidate, LeadPlan
from pardot_odoo_pipeline_tests.lifecycle.desk import Desk

QUIET = LeadPlan()


def _row(**values: Any) -> dict[str, Any]:
    return {"prospect_id": uuid.uuid4().hex[:12], "score": 0, "grade": None, **values}


def _decide(ports: Ports, *people: Candidate, dry_run: bool = False) -> list[LeadPlan]:
    decided = Automation.of(ports, batch_key="b", dry_run=dry_run).decide(people)
    return [decided[one.row["prospect_id"]] for one in people]


class Person:
    """A prospect and its lead, batch by batch, as the centre treats them."""

    def __init__(self, desk: Desk, ports: Ports, **row: Any) -> None:
        self._desk = desk
        self._ports = ports
        self.row = _row(**row)
        self.lead_id: int | None = None
        self.pairs: dict[str, AgreedPair] = {}

    @property
    def candidate(self) -> Candidate:
        record = None if self.lead_id is None else self._desk.record(self._ports, self.lead_id)
        return Candidate(self.row, record, self.pairs)

    def batch(self) -> LeadPlan:
        """Decide, write as the pipeline's user, remember; then a quiet batch does nothing."""
        [plan] = _decide(self._ports, self.candidate)
        if not plan.wanted:
            return plan
        if self.lead_id is None:
            self.lead_id = self._desk.odoo.lead(**plan.values)
        elif plan.values:
            self._ports.odoo.write("crm.lead", [self.lead_id], plan.values)
        self.pairs |= {key: AgreedPair(*halves) for key, halves in plan.pairs.items()}
        if plan.converts:
            convert(self._ports.odoo, [self.lead_id])
        [quiet] = _decide(self._ports, self.candidate)
        assert (quiet.values, quiet.converts) == ({}, False)
        return plan

    def shows(self, *fields: str) -> dict[str, Any]:
        assert self.lead_id is not None
        record = self._desk.record(self._ports, self.lead_id)
        return {name: record[name] for name in fields}


def test_everybody_becomes_a_lead_that_is_nobody_s_by_default(desk: Desk) -> None:
    ports = desk.ports("active: true")
    calls = ports.odoo.calls, ports.pardot.calls
    assert _decide(ports, Candidate(_row(), None)) == [QUIET]
    assert (ports.odoo.calls, ports.pardot.calls) == calls


def test_a_threshold_keeps_cold_prospects_out_and_existing_leads_in(desk: Desk) -> None:
    ports = desk.ports("automation: {create_lead: {min_score: 50, grades: [A, B]}}")
    record = {"type": "lead", "active": True, "user_id": False}
    cold, hot = _row(score=10, grade="A"), _row(score=50, grade="B")
    plans = _decide(ports, Candidate(cold, None), Candidate(hot, None), Candidate(_row(), record))
    assert [plan.wanted for plan in plans] == [False, True, True]


def test_a_list_makes_a_lead(desk: Desk) -> None:
    """Before the first batch of memberships Pardot is asked, once for all people."""
    wanted = desk.pardot.new_list("Buyers")
    inside, outside = desk.pardot.prospect(), desk.pardot.prospect()
    desk.pardot.client.create("list-memberships", {"listId": wanted, "prospectId": inside}, ("id",))
    ports = desk.ports(f"automation: {{create_lead: {{lists: [{wanted}]}}}}")
    before = ports.pardot.calls
    people = [Candidate(_row(prospect_id=str(n)), None) for n in (inside, outside)]
    assert [plan.wanted for plan in _decide(ports, *people)] == [True, False]
    assert ports.pardot.calls - before == 2, "the lists, and the members of one"


TEAM_RULES = """
automation:
  assignment:
    - name: dach
      when: {{country: [DE, AT, CH], score: {{min: 50}}}}
      team: {team}
      round_robin: [{first}, {second}]
    - name: rest
      when: {{score: {{min: 50}}}}
      user: {first}
"""


@pytest.fixture
def team(desk: Desk) -> tuple[int, str, Mapping[str, int]]:
    """A team of this test's own and two salespeople."""
    name = f"Team {uuid.uuid4().hex[:6]}"
    users = dict(reversed(desk.odoo.user(who)) for who in ("ann", "bob"))
    # A conversion gives the lead to a team of its salesperson's, such as one that they lead.
    leader = next(iter(users.values()))
    team_id = desk.odoo.admin.create("crm.team", [{"name": name, "user_id": leader}])[0]
    return team_id, name, users


def _ports(desk: Desk, team: tuple[int, str, Mapping[str, int]]) -> Ports:
    first, second = team[2]
    return desk.ports(TEAM_RULES.format(team=team[1], first=first, second=second))


def test_a_lead_is_given_away_when_its_score_rises(
    desk: Desk, team: tuple[int, str, Mapping[str, int]]
) -> None:
    team_id, _, users = team
    person = Person(desk, _ports(desk, team), country="DE", score=10)
    person.batch()
    assert person.shows("user_id") == {"user_id": False}
    person.row["score"] = 60
    person.batch()
    assert person.shows("user_id", "team_id") == {
        "user_id": next(iter(users.values())),
        "team_id": team_id,
    }


def test_salespeople_take_turns_over_batches(
    desk: Desk, team: tuple[int, str, Mapping[str, int]]
) -> None:
    ports = _ports(desk, team)
    people = [Person(desk, ports, country="AT", score=60) for _ in range(6)]
    for person in people:
        person.batch()
    shares = Counter(person.shows("user_id")["user_id"] for person in people)
    assert shares == dict.fromkeys(team[2].values(), 3)


def test_what_a_person_decided_stays(desk: Desk, team: tuple[int, str, Mapping[str, int]]) -> None:
    ports = _ports(desk, team)
    first, second = team[2].values()
    person = Person(desk, ports, country="FR", score=60)
    person.batch()
    assert person.shows("user_id") == {"user_id": first}
    for choice in (second, False):
        desk.odoo.admin.write("crm.lead", [person.lead_id or 0], {"user_id": choice})
        person.batch()
        assert person.shows("user_id") == {"user_id": choice}, "also to nobody"
    theirs = Person(desk, ports, country="DE", score=60)
    theirs.lead_id = desk.odoo.lead(user_id=second)
    theirs.batch()
    assert theirs.shows("user_id") == {"user_id": second}


def test_a_batch_that_is_repeated_gives_to_the_same(
    desk: Desk, team: tuple[int, str, Mapping[str, int]]
) -> None:
    """Killed before its outcomes were stored, a batch plans again, other people beside it."""
    ports = _ports(desk, team)
    people = [Candidate(_row(country="CH", score=60), None) for _ in range(3)]
    before = _decide(ports, *people)
    _decide(ports, Candidate(_row(country="CH", score=60), None))
    assert _decide(ports, *people) == before
    assert _decide(ports, *reversed(people)) == before[::-1]


def test_a_dry_run_says_what_would_be_and_takes_no_turn(
    desk: Desk, team: tuple[int, str, Mapping[str, int]]
) -> None:
    ports = _ports(desk, team)
    people = [Candidate(_row(country="DE", score=60), None) for _ in range(5)]
    foreseen = _decide(ports, *people, dry_run=True)
    assert _decide(ports, *people, dry_run=True) == foreseen
    assert _decide(ports, *people) == foreseen


def test_lost_leads_are_nobody_s_business(
    desk: Desk, team: tuple[int, str, Mapping[str, int]]
) -> None:
    person = Person(desk, _ports(desk, team), country="DE", score=60)
    person.lead_id = desk.odoo.lead()
    desk.odoo.admin.call("crm.lead", "action_set_lost", ids=[person.lead_id])
    assert person.batch().values == {}


def test_whoever_left_the_company_is_passed_over(
    desk: Desk, team: tuple[int, str, Mapping[str, int]]
) -> None:
    first, second = team[2].values()
    desk.odoo.admin.write("res.users", [first], {"active": False})
    ports = _ports(desk, team)
    people = [Person(desk, ports, country="DE", score=60) for _ in range(2)]
    for person in people:
        person.batch()
        assert person.shows("user_id") == {"user_id": second}
    assert Person(desk, ports, country="FR", score=60).batch().values == {}, "the batch goes on"


REVIEW = """
fields:
  company: {{required: true}}
  jobTitle: {{required: true}}
automation:
  review_team: {team}
  assignment:
    - {{name: all, user: {user}}}
"""


def test_a_draft_belongs_to_the_review_team_until_it_is_filled(
    desk: Desk, team: tuple[int, str, Mapping[str, int]]
) -> None:
    team_id, name, users = team
    user, user_id = next(iter(users.items()))
    person = Person(desk, desk.ports(REVIEW.format(team=name, user=user)), company="Beta")
    person.batch()
    assert person.shows("x_pardot_review", "team_id", "user_id") == {
        "x_pardot_review": True,
        "team_id": team_id,
        "user_id": False,
    }
    person.row["job_title"] = "Buyer"
    person.batch()
    assert person.shows("x_pardot_review", "user_id") == {
        "x_pardot_review": False,
        "user_id": user_id,
    }


def test_a_lead_that_qualifies_is_converted_and_keeps_all_it_has(
    desk: Desk, team: tuple[int, str, Mapping[str, int]]
) -> None:
    contact = desk.odoo.admin.create("res.partner", [{"name": "Bob", "email": "b@example.com"}])[0]
    user = next(iter(team[2].values()))
    ports = desk.ports("automation: {qualify: {action: convert, when: {min_score: 80}}}")
    person = Person(desk, ports, score=10)
    person.lead_id = desk.odoo.lead(partner_id=contact, user_id=user, team_id=team[0])
    person.batch()
    assert person.shows("type") == {"type": "lead"}
    person.row["score"] = 80
    person.batch()
    assert person.shows("type", "user_id", "team_id") == {
        "type": "opportunity",
        "user_id": user,
        "team_id": team[0],
    }
    row = desk.odoo.admin.read("crm.lead", [person.lead_id], ["partner_id", "date_conversion"])[0]
    assert row["partner_id"][0] == contact
    assert row["date_conversion"]


def test_a_new_lead_may_qualify_at_once(desk: Desk) -> None:
    ports = desk.ports("automation: {qualify: {action: convert, when: {grades: [A+]}}}")
    person = Person(desk, ports, grade="A+")
    person.batch()
    assert person.shows("type") == {"type": "opportunity"}


def test_converting_many_passes_over_deals_and_archived_leads(desk: Desk) -> None:
    leads = [desk.odoo.lead() for _ in range(3)]
    deal = desk.odoo.lead(type="opportunity")
    lost = desk.odoo.lead()
    desk.odoo.admin.call("crm.lead", "action_set_lost", ids=[lost])
    _ = desk.odoo.sales.uid  # logs in
    before = desk.odoo.sales.calls
    convert(desk.odoo.sales, [*leads, deal, lost, *leads])
    assert desk.odoo.sales.calls - before == 3
    convert(desk.odoo.sales, [*leads, deal, lost])
    assert desk.odoo.sales.calls - before == 4, "there is nothing left to convert"
    rows = desk.odoo.admin.read("crm.lead", [*leads, lost], ["type"])
    assert [row["type"] for row in rows] == ["opportunity"] * 3 + ["lead"]


def test_a_lead_that_qualifies_can_be_marked(desk: Desk) -> None:
    ports = desk.ports("automation: {qualify: {action: mark, when: {min_score: 80}}}")
    person = Person(desk, ports, score=80)
    person.batch()
    assert person.shows("type", "x_pardot_qualified") == {
        "type": "lead",
        "x_pardot_qualified": True,
    }
    person.row["score"] = 1
    person.batch()
    assert person.shows("x_pardot_qualified") == {"x_pardot_qualified": True}


@pytest.mark.parametrize(
    ("row", "record", "expected"),
    [
        ({"score": 10}, None, False),
        ({"score": 10}, {"type": "lead", "active": True}, False),
        ({"score": 80}, None, True),
        ({"score": 10}, {"type": "opportunity", "active": True}, True),
    ],
)
def test_a_contact_can_wait_until_a_lead_qualifies(
    desk: Desk, row: dict[str, Any], record: dict[str, Any] | None, expected: bool
) -> None:
    ports = desk.ports(
        "automation: {contact: on_qualification, qualify: {action: mark, when: {min_score: 80}}}"
    )
    [plan] = _decide(ports, Candidate(_row(**row), record))
    assert plan.contact is expected


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("{assignment: [{name: a, team: Saless}]}", ["no sales team 'Saless'", "'Sales'?"]),
        ("{assignment: [{name: a, user: nobody@example.com}]}", ["assignment[0]", "no such user"]),
        ("{assignment: [{name: a, when: {x__c: 1}, team: Sales}]}", ["'x__c' is not mapped"]),
        ("{review_team: Revue}", ["automation.review_team"]),
        ("{create_lead: {lists: [Newsleter]}}", ["automation.create_lead.lists[0]", "Newsletter"]),
        (
            "{qualify: {action: mark, when: {lists: [Newsleter]}}}",
            ["automation.qualify.when.lists[0]"],
        ),
    ],
)
def test_rules_that_name_what_is_not_there(desk: Desk, rules: str, words: list[str]) -> None:
    ports = desk.ports(f"automation: {rules}")
    for act in (
        lambda: Automation.of(ports, batch_key="b").check(),
        lambda: _decide(ports, Candidate(_row(), None)),
    ):
        with pytest.raises(ConfigurationError) as told:
            act()
        for word in words:
            assert word in f"{told.value.cause} {told.value.fix}"
        assert "nobody@example.com" not in told.value.cause
