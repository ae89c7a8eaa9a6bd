"""Leads and contacts of Odoo become prospects: by rule, and never twice."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.ledger.store import links
from pardot_odoo_pipeline.ledger.store.links import Link
from pardot_odoo_pipeline.mapping.emails import email_key
from pardot_odoo_pipeline.pardot.prospect_writes import ProspectStatus, ProspectWriter
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.steps.born_in_odoo import Births, Born, NoBirth, births
from pardot_odoo_pipeline_tests.lifecycle.desk import EVERYONE, Desk

ON = "automation:\n  born_in_odoo:\n    active: true\n"


def _address() -> str:
    return f"Born{uuid.uuid4().hex[:10]}@Example.com"


def _born(desk: Desk, ports: Ports, model: str, record_id: int) -> Born:
    fields = sorted({*ports.mapping.read_fields(model), "email_normalized"})
    domain = [("id", "=", record_id)]
    row = desk.odoo.sales.search_read(model, domain, fields, context=EVERYONE)[0]
    values = {
        name: value[0] if isinstance(value, list) and len(value) == 2 else value
        for name, value in row.items()
    }
    return Born(model, record_id, values)


def _lead(desk: Desk, ports: Ports, **values: Any) -> Born:
    return _born(desk, ports, "crm.lead", desk.odoo.lead(**values))


def _contact(desk: Desk, ports: Ports, **values: Any) -> Born:
    made = desk.odoo.admin.create("res.partner", [{"name": "Bob Ray", **values}])[0]
    return _born(desk, ports, "res.partner", made)


def test_a_lead_becomes_a_prospect_with_what_it_says(desk: Desk) -> None:
    ports = desk.ports(ON)
    email = _address()
    country = desk.odoo.admin.search("res.country", [("code", "=", "DE")])[0]
    one = _lead(
        desk,
        ports,
        email_from=f" {email} ",
        contact_name="Bob Ray",
        partner_name="Beta GmbH",
        function="Buyer",
        country_id=country,
    )
    found = births(ports, [one])
    assert (found.known, found.refused) == ((), {})
    [result] = ProspectWriter(ports.pardot, read_back=()).apply(found.writes)
    assert result.status is ProspectStatus.CREATED
    fields = ("email", "firstName", "lastName", "company", "jobTitle", "country", "score")
    shown = ports.pardot.get("prospects", result.prospect_id, fields)
    assert shown == {
        "email": email,
        "firstName": "Bob",
        "lastName": "Ray",
        "company": "Beta GmbH",
        "jobTitle": "Buyer",
        "country": "Germany",
        "score": 0,
    }
    again = births(ports, [one])
    assert again == Births(known=(str(result.prospect_id),), refused={NoBirth.KNOWN: 1})


def test_off_by_default(desk: Desk) -> None:
    ports = desk.ports("active: true")
    one = _lead(desk, ports, email_from=_address())
    calls = ports.odoo.calls, ports.pardot.calls
    assert births(ports, [one]) == Births()
    assert (ports.odoo.calls, ports.pardot.calls) == calls


def test_a_contact_only_where_contacts_are_wanted_and_never_a_company(desk: Desk) -> None:
    ports = desk.ports(ON)
    person = _contact(desk, ports, email=_address())
    company = _contact(desk, ports, email=_address(), is_company=True)
    assert births(ports, [person, company]).refused == {NoBirth.NOT_WANTED: 2}
    wanting = desk.ports(ON + "    contacts: true\n")
    found = births(wanting, [person, company])
    assert [wish.key for wish in found.writes] == [person.key]
    assert found.refused == {NoBirth.NOT_WANTED: 1}


def test_one_prospect_for_one_address(desk: Desk) -> None:
    ports = desk.ports(ON + "    contacts: true\n")
    email = _address()
    contact = _contact(desk, ports, email=email.lower())
    lead, other = (_lead(desk, ports, email_from=email) for _ in range(2))
    found = births(ports, [contact, other, lead])
    assert [wish.key for wish in found.writes] == [
        min((lead, other), key=lambda b: b.record_id).key
    ]
    assert found.refused == {NoBirth.SAME_ADDRESS: 2}


def test_an_address_that_pardot_has_makes_no_prospect(desk: Desk) -> None:
    ports = desk.ports(ON)
    living, binned = desk.pardot.prospect(), desk.pardot.prospect()
    emails = [ports.pardot.get("prospects", one, ("email",))["email"] for one in (living, binned)]
    ports.pardot.delete("prospects", binned)
    found = births(ports, [_lead(desk, ports, email_from=email.upper()) for email in emails])
    assert found == Births(
        known=(str(living),), refused={NoBirth.KNOWN: 1, NoBirth.IN_RECYCLE_BIN: 1}
    )


def test_an_address_that_the_ledger_has_asks_nobody(desk: Desk) -> None:
    ports = desk.ports(ON)
    linked, free = (_lead(desk, ports, email_from=_address()) for _ in range(2))
    with ports.ledger.write() as connection:
        people = [
            Link("77", lead_id=1, email_hash=ports.lookup_key.hash(email_key(linked.email) or "")),
            Link("78", email_hash=ports.lookup_key.hash(email_key(free.email) or "")),
        ]
        links.upsert(connection, people, batch_key="b", now=ports.clock.now())
    before = ports.pardot.calls
    found = births(ports, [linked, free])
    assert found == Births(known=("78",), refused={NoBirth.KNOWN: 2})
    assert ports.pardot.calls == before


def test_only_valid_addresses_that_may_be_written_to(desk: Desk) -> None:
    ports = desk.ports(ON)
    blocked = _address()
    desk.odoo.admin.create("mail.blacklist", [{"email": blocked}])
    records = [
        _lead(desk, ports, email_from="not an address"),
        _lead(desk, ports, email_from=False),
        _lead(desk, ports, email_from=blocked),
    ]
    assert births(ports, records) == Births(
        refused={NoBirth.NOT_WANTED: 1, NoBirth.NO_VALID_EMAIL: 2}
    )


def test_the_rules_domain_and_consent_field_count(desk: Desk) -> None:
    rules = ON + '    lead_domain: ["|", [priority, "=", "3"], [priority, "=", "2"]]\n'
    ports = desk.ports(rules)
    wanted = _lead(desk, ports, email_from=_address(), priority="2")
    other = _lead(desk, ports, email_from=_address(), priority="1")
    assert [one.key for one in births(ports, [wanted, other]).writes] == [wanted.key]
    consenting = desk.ports(rules + "    consent_field: x_pardot_review\n")
    assert births(consenting, [wanted]).writes == ()
    desk.odoo.admin.write("crm.lead", [wanted.record_id], {"x_pardot_review": True})
    assert [one.key for one in births(consenting, [wanted]).writes] == [wanted.key]


@pytest.mark.parametrize(
    "line", ["consent_field: x_no_such_field", 'lead_domain: [[no_such_field, "=", 1]]']
)
def test_a_domain_that_odoo_refuses_is_a_mistake_in_the_rules(desk: Desk, line: str) -> None:
    ports = desk.ports(f"{ON}    {line}\n")
    with pytest.raises(ConfigurationError, match=r"automation\.born_in_odoo"):
        births(ports, [_lead(desk, ports, email_from=_address())])
