"""A system does not work for hours while people go on: one incident, no retries, nothing lost.

The same people live in two worlds. One of them is disturbed; in the end both show the same.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pardot_odoo_pipeline.ledger.store.incidents import Incident
from pardot_odoo_pipeline_tests.odoo.relay import relay_to
from pardot_odoo_pipeline_tests.outages.operation import Operation
from pardot_odoo_pipeline_tests.outages.twins import Twins
from pardot_odoo_pipeline_tests.world import api_calls, refused

FOREVER = 1_000_000


def one_incident(operation: Operation, cause_key: str, title: str) -> Incident:
    """What the operator saw all the time: one open row, with plain words."""
    [incident] = operation.open_incidents()
    assert incident.cause_key == cause_key
    assert incident.detail["title"] == title
    assert incident.detail["text"].count(". ") >= 1
    assert incident.detail["fix"].endswith(".")
    assert operation.retries() == {}
    assert operation.faults() == []
    return incident


def test_odoo_stopped_for_four_hours(twins: Twins, people: list[str]) -> None:
    operation, world = twins.disturbed, twins.disturbed.world
    world.odoo.fault({"status": 503, "html": True}, times=FOREVER)
    twins.edit_in_pardot(people[0], jobTitle="Head of an outage", score=511)
    twins.pass_time(15)
    one_incident(operation, "odoo:down", "Odoo does not work")
    twins.pass_time(17, step=1)
    early = len(world.odoo.asked)
    assert 5 <= early <= 7, "the failure, and looks after 1, 2, 4, 8 minutes"
    for hour in range(3):
        twins.edit_in_pardot(people[1 + hour], jobTitle=f"Head of hour {hour}", score=500 + hour)
        twins.edit_in_odoo(people[4 + hour], city=f"Town {hour}")
        world.odoo.control("DELETE", "/requests")
        # What is asked within the pause is seen in the first hour.
        twins.pass_time(75, step=15 if hour else 5)
        assert 4 <= len(world.odoo.asked) <= 5, "one look in fifteen minutes"
    incident = one_incident(operation, "odoo:down", "Odoo does not work")
    assert incident.times >= 12
    assert "503" in incident.detail["text"]
    world.forget()
    twins.settle()
    [over] = operation.past_incidents("odoo:down")
    assert over.recovered_at is not None
    assert over.recovered_at - over.first_at > timedelta(hours=3, minutes=45)


def test_pardot_fails_for_a_day(twins: Twins, people: list[str]) -> None:
    operation, world = twins.disturbed, twins.disturbed.world
    world.pardot.fault({"status": 500, "body": {"code": 183, "message": "?"}}, times=FOREVER)
    twins.edit_in_pardot(people[7], jobTitle="Head of a day", score=611)
    for part in range(4):
        twins.edit_in_odoo(people[8 + part], city=f"Port {part}")
        twins.pass_time(360, step=120)
    one_incident(operation, "pardot:down", "Pardot does not work")
    assert len(world.pardot.asked) <= 30, "one look in each step of time, no storm"
    world.forget()
    twins.settle()
    assert len(operation.past_incidents("pardot:down")) == 1


def test_the_network_is_cut_in_the_middle_of_the_work(twins: Twins, people: list[str]) -> None:
    operation, world = twins.disturbed, twins.disturbed.world
    twins.edit_in_pardot(people[12], jobTitle="Head of a cut")
    twins.edit_in_odoo(people[13], city="Cutville")
    # Both are cut: what was read before is of no use, and what was sent is in doubt.
    world.odoo.fault({"reset": True, "after": True}, times=FOREVER, contains="lead_")
    twins.pass_time(15)
    world.odoo.fault({"reset": True}, times=FOREVER)
    world.pardot.fault({"reset": True}, times=FOREVER)
    twins.edit_in_pardot(people[14], jobTitle="Head of another cut")
    twins.pass_time(120)
    assert {i.cause_key for i in operation.open_incidents()} == {"odoo:down"}
    assert operation.retries() == {}
    world.forget()
    twins.settle()
    assert world.twins() == []


def test_a_port_that_is_closed(twins: Twins, people: list[str]) -> None:
    operation, world = twins.disturbed, twins.disturbed.world
    with relay_to(world.odoo.url) as relay:
        operation.env.update(world.configured, ODOO_URL=relay.url)
        twins.pass_time(15)
        assert operation.open_incidents() == []
    twins.edit_in_pardot(people[15], jobTitle="Head of a closed port")
    twins.pass_time(60)
    incident = one_incident(operation, "odoo:down", "Odoo does not work")
    assert "Nothing answers" in incident.detail["text"]
    # The operator names the address where it is now; nothing is started again.
    operation.env["ODOO_URL"] = world.odoo.url
    twins.settle()


def test_revoked_credentials_and_new_ones_without_a_restart(
    twins: Twins, people: list[str]
) -> None:
    operation, world = twins.disturbed, twins.disturbed.world
    known = world.pardot.control("GET", "/credentials")
    operation.env.update(world.configured, PARDOT_REFRESH_TOKEN=known["refresh_token"])
    twins.pass_time(15)
    assert operation.open_incidents() == []
    world.pardot.control("PUT", "/credentials", {"refresh_token": "another-one"})
    operation.end_process()
    world.pardot.forget()
    twins.edit_in_pardot(people[16], jobTitle="Head of keys", score=711)
    twins.edit_in_odoo(people[17], city="Keyton")
    twins.pass_time(90)
    incident = one_incident(operation, "pardot:credentials", "Pardot refuses the credentials")
    assert "PARDOT_REFRESH_TOKEN" in incident.detail["fix"]
    assert "refresh token" in incident.detail["text"]
    assert api_calls(world.pardot) == [], "without a token nothing is asked of the API"
    assert len(world.pardot.asked) <= 10
    told = str(incident.detail)
    assert known["refresh_token"] not in told
    operation.env["PARDOT_REFRESH_TOKEN"] = "another-one"
    twins.settle()


def test_an_api_key_of_odoo_that_was_deleted(twins: Twins, people: list[str]) -> None:
    operation, world = twins.disturbed, twins.disturbed.world
    world.odoo.fault({"code": "odoo.exceptions.AccessDenied"}, times=FOREVER, path="/json/2")
    twins.edit_in_pardot(people[18], jobTitle="Head of deleted keys")
    twins.pass_time(60)
    incident = one_incident(operation, "odoo:credentials", "Odoo refuses the credentials")
    assert "ODOO_API_KEY" in incident.detail["fix"]
    refused(world.run("sync"), "login", "ODOO_API_KEY", code=2)
    world.forget()
    world.sync()
    assert operation.open_incidents() == [], "a person's sync asks at once"
    twins.settle()


def test_a_daily_limit_pauses_until_the_reset(twins: Twins, people: list[str]) -> None:
    operation, world = twins.disturbed, twins.disturbed.world
    world.pardot.fault({"code": 122}, times=FOREVER, path="/api")
    twins.edit_in_pardot(people[19], jobTitle="Head of limits")
    twins.pass_time(15)
    incident = one_incident(operation, "pardot:quota", "Pardot's daily limit of calls is used up")
    until = datetime.fromisoformat(incident.detail["until"])
    # The account's day may end where the settings do not say: it is asked once an hour.
    assert timedelta(0) < until - operation.now() <= timedelta(hours=1)
    refused_first = len(api_calls(world.pardot))
    twins.pass_time((until - operation.now()) / timedelta(minutes=1) - 1, step=10)
    assert len(api_calls(world.pardot)) == refused_first == 1, "nothing is asked before that"
    twins.pass_time(180)
    assert len(api_calls(world.pardot)) - refused_first in (3, 4), "then one look an hour"
    one_incident(operation, "pardot:quota", "Pardot's daily limit of calls is used up")
    world.forget()
    twins.pass_time(60, step=60)
    twins.settle()
    assert len(operation.past_incidents("pardot:quota")) == 1


def test_a_limit_without_evidence_pauses_its_lane_alone(twins: Twins, people: list[str]) -> None:
    operation, world = twins.disturbed, twins.disturbed.world
    world.pardot.fault({"code": 52}, times=1, path="/api/v5/objects/prospects")
    twins.edit_in_pardot(people[20], jobTitle="Head of lanes")
    twins.pass_time(15)
    incident = one_incident(
        operation, "pardot:lane:interval", "Pardot refuses batches of the kind interval"
    )
    assert incident.detail["severity"] == "warning"
    assert "daily limit" in incident.detail["text"], "what runbooks read"
    assert "Invalid parameter range" in incident.detail["text"], "what the registry says"
    operation.world.sync("--prospect", people[20])
    [lead] = world.of_prospect("crm.lead", people[20], "function")
    assert lead["function"] == "Head of lanes", "another lane goes on"
    twins.pass_time(24 * 60, step=360)
    twins.settle()
