"""Both ways of writing people keep the same promises, as a plain salesperson."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.loader import (
    LEAD,
    PARTNER,
    LoadInterrupted,
    PersonLoader,
    PersonResult,
    PersonWrite,
    RecordResult,
    RecordStatus,
    RecordWrite,
    Withheld,
)
from pardot_odoo_pipeline_tests.odoo.people import (
    CONTEXT,
    PHONE,
    READ_BACK,
    Prospect,
    apply,
    count_of,
    create,
)
from pardot_odoo_pipeline_tests.odoo.provisioned import ProvisionedOdoo
from pardot_odoo_pipeline_tests.odoo.relay import Relay


def test_a_new_person_gets_a_linked_contact_and_lead(
    loader: PersonLoader, admin: OdooClient
) -> None:
    [(person, made)] = create(loader)
    assert (made.partner.status, made.lead.status) == (RecordStatus.CREATED, RecordStatus.CREATED)
    assert made.lead.values["partner_id"] == made.partner.record_id
    assert made.lead.values["x_pardot_score"] == 7
    assert made.partner.values["email"] == person.email
    names = [f"lead_{person.number}", f"partner_{person.number}"]
    domain = [["module", "=", "pardot"], ["name", "in", names]]
    external = admin.search_read("ir.model.data", domain, ["name", "res_id"])
    assert {row["name"]: row["res_id"] for row in external} == dict(
        zip(names, [made.lead.record_id, made.partner.record_id], strict=True)
    )


def test_a_repeated_create_finds_what_is_there_and_leaves_it_alone(
    loader: PersonLoader, admin: OdooClient
) -> None:
    [(person, made)] = create(loader)
    admin.write(LEAD, [made.lead.record_id], {"city": "Typed by hand"})
    again = replace(person.create(), lead=person.lead(city="From the retry"))
    [result] = apply(loader, again)
    assert (result.partner.status, result.lead.status) == (RecordStatus.EXISTS,) * 2
    assert result.lead.record_id == made.lead.record_id
    assert result.lead.values["city"] == "Typed by hand"
    assert count_of(admin, [person]) == (1, 1)


def test_two_workers_with_the_same_people_make_no_twins(
    provisioned: ProvisionedOdoo, loader: PersonLoader, admin: OdooClient
) -> None:
    kind = type(loader).__name__
    people = [Prospect.new() for _ in range(40)]
    writes = [person.create() for person in people]
    failed: list[BaseException] = []

    def work() -> None:
        own = provisioned.loader("load" if kind == "LoadMethodLoader" else "apply")
        for _ in range(5):
            try:
                results = own.apply(writes, read_back=READ_BACK, context=CONTEXT)
            except LoadInterrupted as error:
                # A lost race is a call to repeat: nobody may call it a bad row.
                if error.failure_class is not FailureClass.RETRY_LATER or error.in_doubt:
                    failed.append(error)
                    return
                continue
            failed.extend(AssertionError(r.error) for r in results if r.error)
            return
        failed.append(AssertionError("never got through"))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failed
    assert count_of(admin, people) == (40, 40)


def test_a_change_is_written_once_and_then_is_no_write_at_all(
    loader: PersonLoader, admin: OdooClient
) -> None:
    [(person, made)] = create(loader)
    wish = person.update(made, {"city": "Ulm", "x_pardot_score": 90}, {"city": False})
    [first] = apply(loader, wish)
    assert first.lead.status is RecordStatus.WRITTEN
    assert first.lead.values["city"] == "Ulm"
    assert first.lead.values["x_pardot_score"] == 90
    _next_second(admin, made.lead.record_id)
    [second] = apply(loader, wish)
    assert second.lead.status is RecordStatus.SAME
    assert second.lead.write_date == first.lead.write_date


def test_what_a_person_edited_meanwhile_stays(loader: PersonLoader, admin: OdooClient) -> None:
    people = create(loader, 6)
    edited = {people[1][1].lead.record_id, people[4][1].lead.record_id}
    admin.write(LEAD, sorted(edited), {"city": "Typed by hand"})
    results = apply(
        loader, *(p.update(m, {"city": f"C{p.number}"}, {"city": False}) for p, m in people)
    )
    assert {r.lead.record_id for r in results if r.lead.status is RecordStatus.CONFLICT} == edited
    assert sum(r.lead.status is RecordStatus.WRITTEN for r in results) == 4
    conflict = next(r for r in results if r.lead.status is RecordStatus.CONFLICT)
    assert conflict.lead.values["city"] == "Typed by hand"
    rows = admin.read(LEAD, sorted(edited), ["city"])
    assert {row["city"] for row in rows} == {"Typed by hand"}


def test_one_bad_row_harms_no_other_and_its_values_are_not_told(
    loader: PersonLoader, admin: OdooClient
) -> None:
    people = [Prospect.new() for _ in range(7)]
    secret = "canary-8f2e"
    bad = {
        1: {"x_pardot_grade": secret},
        3: {"stage_id": 99_999_999},
        5: {"x_no_such_field": secret},
    }
    writes = [
        PersonWrite(str(p.number), p.partner(), p.lead(**bad.get(n, {})))
        for n, p in enumerate(people)
    ]
    results = apply(loader, *writes)
    assert [n for n, r in enumerate(results) if r.error] == sorted(bad)
    for n, result in enumerate(results):
        wanted = RecordStatus.ERROR if n in bad else RecordStatus.CREATED
        assert result.lead.status is wanted
        assert secret not in repr(result)
    assert "x_pardot_grade" in (results[1].error or "")
    good = [p for n, p in enumerate(people) if n not in bad]
    assert count_of(admin, good) == (4, 4)
    assert count_of(admin, [p for n, p in enumerate(people) if n in bad])[0] == 0


def test_a_record_that_is_gone_is_missing_and_is_not_made_again(
    loader: PersonLoader, admin: OdooClient
) -> None:
    [(person, made)] = create(loader)
    admin.unlink(LEAD, [made.lead.record_id])
    [result] = apply(loader, person.update(made, {"city": "Ulm"}))
    assert result.lead.status is RecordStatus.MISSING
    assert count_of(admin, [person])[0] == 0


def test_a_company_keeps_its_address_when_a_lead_of_its_changes(
    loader: PersonLoader, admin: OdooClient
) -> None:
    [(person, made)] = create(loader)
    company = admin.create(
        PARTNER, [{"name": "Works", "is_company": True, "email": "info@works.example"}]
    )[0]
    # What a salesperson does who moves a lead to its company; both then show the company's address.
    admin.write(LEAD, [made.lead.record_id], {"partner_id": company})
    wish = {"email_from": person.email, "phone": "+49 30 1", "city": "Ulm"}
    [result] = apply(loader, person.update(made, wish))
    assert result.lead.status is RecordStatus.WRITTEN
    assert result.lead.withheld["email_from"] is Withheld.PARTNER_IS_COMPANY
    assert result.lead.values["city"] == "Ulm"
    assert admin.read(PARTNER, [company], ["email"])[0]["email"] == "info@works.example"


def test_another_persons_contact_is_not_overwritten(
    loader: PersonLoader, admin: OdooClient
) -> None:
    [(person, made), (_, other)] = create(loader, 2)
    admin.write(LEAD, [made.lead.record_id], {"partner_id": other.partner.record_id})
    before = admin.read(PARTNER, [other.partner.record_id], ["email"])
    [result] = apply(loader, person.update(made, {"email_from": person.email}))
    assert result.lead.withheld == {"email_from": Withheld.PARTNER_IS_ANOTHER}
    assert result.lead.status is RecordStatus.SAME
    assert admin.read(PARTNER, [other.partner.record_id], ["email"]) == before


def _lead_by_hand(admin: OdooClient, person: Prospect, **values: object) -> PersonResult:
    made = {"name": "By hand", "type": "lead", "user_id": False, "city": "Bonn", **values}
    lead_id = admin.create(LEAD, [made], context=CONTEXT)[0]
    return PersonResult(str(person.number), None, RecordResult(RecordStatus.SAME, lead_id))


def test_a_lead_without_contact_is_linked_and_keeps_what_it_shows(
    loader: PersonLoader, admin: OdooClient
) -> None:
    person = Prospect.new()
    there = _lead_by_hand(admin, person, email_from=person.email.upper(), phone="+49 228 1")
    wish = person.update(there, {"x_pardot_score": 5}, {"city": "Bonn"})
    [result] = apply(loader, replace(wish, partner=person.partner(city="Ulm")))
    assert result.partner.status is RecordStatus.CREATED
    assert result.lead.status is RecordStatus.WRITTEN
    assert result.lead.values["partner_id"] == result.partner.record_id
    assert result.lead.values["city"] == "Bonn"
    assert result.lead.values["phone"] == "+49 228 1"


def test_a_lead_with_another_address_is_not_linked(loader: PersonLoader, admin: OdooClient) -> None:
    person = Prospect.new()
    there = _lead_by_hand(admin, person, email_from="somebody.else@example.org")
    wish = person.update(there, {"x_pardot_score": 5})
    [result] = apply(loader, replace(wish, partner=person.partner()))
    assert result.lead.withheld == {"partner_id": Withheld.EMAIL_DIFFERS}
    assert result.lead.values["partner_id"] is False
    assert result.lead.values["x_pardot_score"] == 5


def test_a_new_lead_does_not_push_its_phone_into_an_older_contact(
    loader: PersonLoader, admin: OdooClient
) -> None:
    person = Prospect.new()
    older = admin.create(
        PARTNER, [{"name": "Older", "email": person.email, "phone": "+49 228 77"}], context=CONTEXT
    )[0]
    contact = RecordWrite(f"partner_{person.number}", older, {"city": "Ulm"}, {"city": False})
    [result] = apply(loader, PersonWrite(str(person.number), contact, person.lead()))
    assert result.lead.status is RecordStatus.CREATED
    assert result.lead.withheld == {"phone": Withheld.PHONE_DIFFERS}
    assert result.lead.values["partner_id"] == older
    assert admin.read(PARTNER, [older], ["phone", "city"])[0]["phone"] == "+49 228 77"


def test_what_a_new_lead_leaves_out_comes_from_its_contact(
    loader: PersonLoader, admin: OdooClient
) -> None:
    """Also beside people who have those fields, and do not come from a contact that lacks them."""
    people = [Prospect.new() for _ in range(4)]
    known = {"email": people[0].email, "city": "Ulm", "function": "Baker"}
    older = admin.create(PARTNER, [{"name": "Older", **known}], context=CONTEXT)[0]
    contact = RecordWrite(f"partner_{people[0].number}", older, {})
    own = {"city": "Bonn", "function": "Miller", "website": "https://example.com"}
    wishes = [
        PersonWrite("0", contact, people[0].lead(website="https://example.com")),
        PersonWrite("1", people[1].partner(), people[1].lead()),
        PersonWrite("2", people[2].partner(**own), people[2].lead()),
        PersonWrite("3", people[3].partner(), people[3].lead(**own, expected_revenue=5.0)),
    ]
    asked = {LEAD: ["city", "function", "website", "priority", "expected_revenue"]}
    results = loader.apply(wishes, read_back=asked, context=CONTEXT)
    shown = [tuple(result.lead.values[name] for name in asked[LEAD]) for result in results]
    assert shown == [
        ("Ulm", "Baker", "https://example.com", "0", 0.0),
        (False, False, False, "0", 0.0),
        ("Bonn", "Miller", "https://example.com", "0", 0.0),
        ("Bonn", "Miller", "https://example.com", "0", 5.0),
    ]


def test_people_with_different_fields_share_a_call(
    provisioned: ProvisionedOdoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    loader = provisioned.loader("load")
    load, loaded = loader.client.load, []

    def counted(model: str, fields: list[str], rows: list[list[str]], **more: Any) -> Any:
        loaded.append((model, len(rows)))
        return load(model, fields, rows, **more)

    monkeypatch.setattr(loader.client, "load", counted)
    optional = ("street", "street2", "zip", "city")
    writes = []
    for number in range(16):
        person = Prospect.new()
        some = {name: "x" for bit, name in enumerate(optional) if number >> bit & 1}
        writes.append(PersonWrite(str(number), person.partner(**some), person.lead(**some)))
    results = apply(loader, *writes)
    assert not [result.error for result in results if result.error]
    assert loaded == [(PARTNER, 16), (LEAD, 16)]


def test_every_kind_of_field_comes_back_as_it_was_sent(
    loader: PersonLoader, admin: OdooClient
) -> None:
    [(person, made)] = create(loader)
    country = admin.search("res.country", [["code", "=", "DE"]])[0]
    values = {
        "country_id": country,
        "description": "<p>Fish &amp; chips &lt; 5 €</p>",
        "x_pardot_grade": "a_plus",
        "x_pardot_last_activity_at": "2026-03-29 01:30:00",
        "website": "https://example.com/x?y=1",
        "function": "=Head of 'quotes', \"commas\"",
    }
    asked = {LEAD: list(values)}
    wish = person.update(made, values)
    [first] = loader.apply([wish], read_back=asked, context={**CONTEXT, "tz": "Asia/Tokyo"})
    assert {name: first.lead.values[name] for name in values} == values
    [second] = loader.apply([wish], read_back=asked, context=CONTEXT)
    assert second.lead.status is RecordStatus.SAME
    cleared = dict.fromkeys(values, False)
    [third] = loader.apply([person.update(made, cleared, values)], read_back=asked, context=CONTEXT)
    assert third.lead.status is RecordStatus.WRITTEN
    assert {name: third.lead.values[name] for name in values} == cleared


def test_more_people_than_one_call_takes(loader: PersonLoader, admin: OdooClient) -> None:
    loader.batch_size = 4  # type: ignore[attr-defined]
    people = create(loader, 11)
    assert [made.key for _, made in people] == [str(person.number) for person, _ in people]
    assert count_of(admin, [person for person, _ in people]) == (11, 11)


@pytest.mark.parametrize("kind", ["apply", "load"])
def test_what_was_done_before_an_interruption_is_told(
    kind: str,
    provisioned: ProvisionedOdoo,
    relay: Relay,
    admin: OdooClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loader = provisioned.behind(relay).loader(kind)
    monkeypatch.setattr(loader, "batch_size", 2)
    call, lost = loader.client.call, iter([False, True])

    def losing_the_second_answer(model: str, method: str, **named: Any) -> Any:
        if method == "run" or (model, method) == (LEAD, "load"):
            relay.losing = next(lost)
        return call(model, method, **named)

    with monkeypatch.context() as unlucky:
        unlucky.setattr(loader.client, "call", losing_the_second_answer)
        people = [Prospect.new() for _ in range(5)]
        keys = [str(person.number) for person in people]
        with pytest.raises(LoadInterrupted) as caught:
            apply(loader, *(person.create() for person in people))
    assert [result.key for result in caught.value.done] == keys[:2]
    assert list(caught.value.in_doubt) == keys[2:4]
    assert list(caught.value.unsent) == keys[4:]
    relay.losing = False
    again = apply(loader, *(person.create() for person in people))
    assert [r.lead.status for r in again[:2]] == [RecordStatus.EXISTS] * 2
    assert again[4].lead.status is RecordStatus.CREATED
    assert count_of(admin, people) == (5, 5)


def test_equal_changes_of_many_are_all_written(loader: PersonLoader, admin: OdooClient) -> None:
    people = create(loader, 12)
    results = apply(loader, *(p.update(m, {"city": "Ulm", "phone": PHONE}) for p, m in people))
    assert {r.lead.status for r in results} == {RecordStatus.WRITTEN}
    assert {r.lead.values["city"] for r in results} == {"Ulm"}


def _next_second(admin: OdooClient, lead_id: int) -> None:
    """Wait until a write would show in the record's write date, which counts whole seconds."""
    written = admin.read(LEAD, [lead_id], ["write_date"])[0]["write_date"]
    deadline = time.monotonic() + 5
    probe = admin.create(PARTNER, [{"name": "Clock"}])
    while time.monotonic() < deadline:
        admin.write(PARTNER, probe, {"city": "tick"})
        if admin.read(PARTNER, probe, ["write_date"])[0]["write_date"] > written:
            return
        time.sleep(0.05)
    raise AssertionError("the server's clock does not move")
