"""One person, edited on both sides: every value arrives where it belongs, once, and rests there."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from pardot_odoo_pipeline.pardot.prospect_writes import WritesInterrupted
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.both_sides import LEAD, PARTNER, BothSides, both_sandboxes
from pardot_odoo_pipeline_tests.world import EVERYONE, api_calls, wait_for, writes

TITLE = ("jobTitle", "function", "function")
CITY = ("city", "city", "city")
TITLE_RULES = "fields: {jobTitle: {blank: clear}, website: {blank: fill_only}}\n"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BothSides]:
    with both_sandboxes(tmp_path_factory.mktemp("both_ways")) as both:
        yield both


@pytest.fixture
def default_rules(both: BothSides) -> Iterator[BothSides]:
    """For stories with rules of their own: afterwards the default ones are back."""
    yield both
    both.rules()


def block(both: BothSides, address: str) -> None:
    """What somebody does in Odoo's list of blocked addresses."""
    found = both.odoo.search("mail.blacklist", [["email", "=", address]], context=EVERYONE)
    if found:
        both.odoo.write("mail.blacklist", found, {"active": True})
    else:
        both.odoo.create("mail.blacklist", [{"email": address}])


def unblock(both: BothSides, address: str) -> None:
    found = both.odoo.search("mail.blacklist", [["email", "=", address]])
    both.odoo.write("mail.blacklist", found, {"active": False})


def is_blocked(both: BothSides, address: str) -> bool:
    return bool(both.odoo.search_count("mail.blacklist", [["email", "=", address]]))


def test_an_edit_on_one_record_reaches_the_other_and_the_other_system(both: BothSides) -> None:
    people = [both.person(f"edit{n}", lastName="Edit", jobTitle="Before") for n in range(3)]
    both.sync()
    on_contact, on_lead, in_pardot = people
    both.edit_contact(on_contact, function="Typed on the contact", city="Ulm")
    both.edit_lead(on_lead, function="Typed on the lead", phone="+49 731 1234567")
    both.in_pardot(in_pardot, jobTitle="Typed in Pardot", city="Bonn")
    both.sync()
    assert both.shown(on_contact, *TITLE) == ["Typed on the contact"] * 3
    assert both.shown(on_contact, *CITY) == ["Ulm"] * 3
    assert both.shown(on_lead, *TITLE) == ["Typed on the lead"] * 3
    assert both.prospect(on_lead)["phone"].replace(" ", "") == "+497311234567"
    assert both.shown(in_pardot, *TITLE) == ["Typed in Pardot"] * 3
    assert both.shown(in_pardot, *CITY) == ["Bonn"] * 3
    assert [both.conflicts(who) for who in people] == [[], [], []]
    both.quiet()


def test_names_travel_in_parts_and_whole(both: BothSides) -> None:
    who = both.person("names", firstName="Ada", lastName="Byron")
    both.sync()
    both.edit_contact(who, name="Ada Lovelace")
    both.sync()
    shown = both.prospect(who)
    assert (shown["firstName"], shown["lastName"]) == ("Ada", "Lovelace")
    assert both.lead(who)["contact_name"] == "Ada Lovelace"
    both.in_pardot(who, firstName="Augusta Ada")
    both.sync()
    assert both.contact(who)["name"] == "Augusta Ada Lovelace"
    both.quiet()


def test_both_edit_different_fields_of_one_person_at_once(both: BothSides) -> None:
    who = both.person("different", lastName="Different", jobTitle="Before", city="Before")
    both.sync()
    both.in_pardot(who, jobTitle="By marketing", score=77)
    both.edit_contact(who, city="By sales")
    both.edit_lead(who, website="https://sales.example.com")
    both.sync()
    assert both.shown(who, *TITLE) == ["By marketing"] * 3
    assert both.shown(who, *CITY) == ["By sales"] * 3
    assert "sales.example.com" in both.prospect(who)["website"]
    assert both.lead(who)["x_pardot_score"] == 77
    assert both.conflicts(who) == []
    both.quiet()


def test_both_edit_one_field_and_the_authority_decides(default_rules: BothSides) -> None:
    both = default_rules
    both.rules("fields: {jobTitle: {authority: pardot}}\n")
    who = both.person("quarrel", lastName="Quarrel", jobTitle="B", city="B", website="b.example")
    both.sync()
    both.in_pardot(who, jobTitle="Pardot", city="Pardot", website="pardot.example")
    both.edit_contact(who, function="Odoo", city="Odoo", website="odoo.example")
    assert both.sync()["conflicts"] == 1
    assert both.shown(who, *TITLE) == ["Pardot"] * 3
    assert both.shown(who, *CITY) == ["Odoo"] * 3
    assert "odoo.example" in both.prospect(who)["website"]
    assert "odoo.example" in both.lead(who)["website"]
    history = {one["pardot_field"]: one for one in both.conflicts(who)}
    told = {name: (one["winner"], one["rule"]) for name, one in history.items()}
    assert told == {
        "jobTitle": ("pardot", "authority:pardot"),
        "city": ("odoo", "authority:odoo"),
        "website": ("odoo", "latest:tie"),
    }
    assert {name: one["lost"] for name, one in history.items() if name != "website"} == {
        "jobTitle": "Odoo",
        "city": "Pardot",
    }
    both.quiet()


def test_who_types_the_same_on_both_sides_agrees(both: BothSides) -> None:
    who = both.person("agree", lastName="Agree", jobTitle="Before")
    both.sync()
    both.in_pardot(who, jobTitle="The same")
    both.edit_contact(who, function="The same")
    both.sync()
    assert both.shown(who, *TITLE) == ["The same"] * 3
    assert both.conflicts(who) == []
    both.quiet()


def test_a_refusal_in_pardot_blocks_the_address_and_is_lifted_with_it(both: BothSides) -> None:
    who, mail = both.person("refuses", lastName="Refuses"), "refuses@example.com"
    both.sync()
    both.in_pardot(who, optedOut=True)
    both.sync()
    assert is_blocked(both, mail)
    both.quiet()
    both.in_pardot(who, optedOut=False)
    both.sync()
    assert not is_blocked(both, mail)
    both.quiet()


def test_a_block_in_odoo_is_an_opt_out_in_pardot(both: BothSides) -> None:
    who, mail = both.person("blocked", lastName="Blocked"), "blocked@example.com"
    both.sync()
    block(both, mail)
    both.sync()
    assert both.prospect(who)["optedOut"] is True
    both.quiet()
    # It is Odoo's: taken back in Pardot it comes back.
    both.in_pardot(who, optedOut=False)
    both.sync()
    assert both.prospect(who)["optedOut"] is True
    assert is_blocked(both, mail)
    unblock(both, mail)
    both.sync()
    assert both.prospect(who)["optedOut"] is False
    both.quiet()


def test_a_block_of_odoos_own_outlives_pardots_refusal(both: BothSides) -> None:
    who, mail = both.person("twice", lastName="Twice"), "twice@example.com"
    both.sync()
    both.in_pardot(who, isDoNotEmail=True)
    both.sync()
    assert is_blocked(both, mail)
    unblock(both, mail)
    both.sync()
    assert is_blocked(both, mail), "Pardot still refuses"
    assert both.prospect(who)["isDoNotEmail"] is True
    both.quiet()


def test_nothing_is_lifted_where_the_rules_forbid_it(default_rules: BothSides) -> None:
    both = default_rules
    both.rules("consent: {lift: false}\n")
    who, mail = both.person("stays", lastName="Stays"), "stays@example.com"
    both.sync()
    both.in_pardot(who, optedOut=True)
    both.sync()
    both.in_pardot(who, optedOut=False)
    both.sync()
    assert is_blocked(both, mail)
    both.quiet()


def company(both: BothSides, name: str) -> int:
    """An employer with an address, a phone and a mailbox of its own."""
    return both.odoo.create(
        PARTNER,
        [
            {
                "name": name,
                "is_company": True,
                "email": f"office@{name.lower()}.example.com",
                "phone": "+49 89 100200",
                "street": "Company Street 1",
                "city": "Munich",
                "zip": "80331",
                "website": "https://company.example.com",
            }
        ],
    )[0]


COMPANY_FIELDS = ["name", "email", "phone", "street", "city", "zip", "website", "function"]


def test_a_company_that_a_lead_hangs_on_survives_everything(both: BothSides) -> None:
    who = both.person(
        "employee", lastName="Employee", company="Employer", phone="+49 30 111111", city="Berlin"
    )
    both.sync()
    employer = company(both, "Employer")
    before = both.odoo.read(PARTNER, [employer], COMPANY_FIELDS)
    contact = both.contact(who)["id"]
    both.edit_lead(who, partner_id=employer)
    both.sync()
    both.in_pardot(
        who,
        phone="+49 30 222222",
        city="Potsdam",
        addressOne="Own Road 2",
        zip="14467",
        website="own.example.com",
        jobTitle="Clerk",
        lastName="Employed",
        score=12,
    )
    both.sync()
    both.in_pardot(who, email="employee.new@example.com")
    both.sync()
    both.edit_contact(who, phone="+49 30 333333")
    both.sync()
    assert both.odoo.read(PARTNER, [employer], COMPANY_FIELDS) == before
    assert both.contact(who)["id"] == contact
    assert both.contact(who)["phone"].replace(" ", "") == "+4930333333"
    assert both.contact(who)["email"] == "employee.new@example.com"
    assert both.prospect(who)["email"] == "employee.new@example.com"
    assert both.world.of_prospect(PARTNER, who, "id") == [{"id": contact}]
    both.quiet()


def test_a_lead_of_a_company_found_by_address_leaves_the_company_alone(both: BothSides) -> None:
    employer = company(both, "Founder")
    before = both.odoo.read(PARTNER, [employer], COMPANY_FIELDS)
    [lead] = both.odoo.create(LEAD, [{"name": "At the fair", "type": "lead"}])
    both.odoo.write(LEAD, [lead], {"partner_id": employer})
    mail = before[0]["email"]
    who = both.world.new_prospect(
        email=mail, firstName="Fay", lastName="Founder", phone="+49 30 444444", city="Jena"
    )
    both.sync()
    assert both.lead(who)["id"] == lead
    both.in_pardot(who, phone="+49 30 555555", city="Gera", jobTitle="Owner")
    both.sync()
    assert both.odoo.read(PARTNER, [employer], COMPANY_FIELDS) == before
    assert both.contact(who)["phone"].replace(" ", "") == "+4930555555"
    both.quiet()


def test_what_odoo_shows_differently_never_travels_back(both: BothSides) -> None:
    typed = {
        "company": "Very " * 30 + "Long Ltd",
        "phone": "030 / 901 820",
        "country": "Germany",
        "comments": "first line\nsecond <b>line</b> & more",
        "website": "WWW.Example.COM/Path",
        "lastName": "Lossy",
        "jobTitle": "  Head of   Blanks ",
    }
    who = both.person("lossy", **typed)
    both.sync()
    held = {name: both.prospect(who)[name] for name in typed}
    assert both.contact(who)["phone"].replace(" ", "") == "+4930901820"
    assert len(both.lead(who)["partner_name"]) <= 100
    both.quiet(1)
    both.edit_contact(who, zip="10115")
    both.edit_lead(who, description=both.lead(who)["description"])
    both.sync()
    shown = both.prospect(who)
    assert shown["zip"] == "10115"
    assert {name: shown[name] for name in typed} == held
    both.in_pardot(who, addressTwo="Backyard")
    both.sync()
    shown = both.prospect(who)
    assert {name: shown[name] for name in typed} == held
    assert both.contact(who)["street2"] == "Backyard"
    assert both.conflicts(who) == []
    both.quiet()


def test_blanks_follow_the_policy_of_their_field(default_rules: BothSides) -> None:
    both = default_rules
    both.rules(TITLE_RULES)
    values = {"jobTitle": "Title", "city": "City", "website": "site.example"}
    emptied, cleared = (both.person(f"blank{n}", lastName="Blank", **values) for n in range(2))
    both.sync()
    both.in_pardot(emptied, jobTitle=None, city=None, website=None)
    both.edit_contact(cleared, function=False, city=False, website=False)
    both.sync()
    assert both.shown(emptied, *TITLE) == [None, False, False], "clear: a blank travels"
    assert both.shown(emptied, *CITY) == [None, "City", "City"], "keep: it does not"
    assert both.prospect(emptied)["website"] is None
    assert "site.example" in both.lead(emptied)["website"], "fill_only: nor there"
    assert both.shown(cleared, *TITLE) == [None, False, False]
    assert both.shown(cleared, *CITY) == ["City", "City", False], "kept apart, as people left it"
    assert both.prospect(cleared)["website"] is not None
    both.quiet()
    both.in_pardot(emptied, website="other.example", city="Elsewhere")
    both.sync()
    assert "site.example" in both.lead(emptied)["website"], "fill_only: what is set stays"
    assert both.shown(emptied, *CITY) == ["Elsewhere"] * 3
    both.quiet()


def test_a_stale_read_right_after_our_own_write_reverts_nothing(both: BothSides) -> None:
    who = both.person("stale", lastName="Stale", jobTitle="Before", city="Before")
    both.sync()
    both.later(61)  # else Pardot's cache has not even heard of the person
    both.world.pardot.control("PATCH", "/switches", {"read_lag_seconds": 60.0})
    try:
        both.edit_contact(who, function="After", city="After")
        both.sync(after=1)
        assert both.shown(who, *TITLE) == ["After"] * 3
        before = both.versions()
        both.world.pardot.forget()
        # Pardot's cache still shows what was there before our write; so does a named read.
        both.sync(after=2)
        both.sync(who, after=2)
        assert both.versions() == before
        assert both.told() == []
        # Somebody goes on working in Odoo while the cache is old.
        both.edit_contact(who, city="Later")
        both.sync(after=2)
        both.sync(after=2)
        assert both.contact(who)["function"] == "After"
        assert both.contact(who)["city"] == "Later"
        if not both.real:
            both.later(90)
            both.sync()
            assert both.shown(who, *TITLE) == ["After"] * 3
            assert both.shown(who, *CITY) == ["Later"] * 3
            assert both.conflicts(who) == []
            both.quiet()
    finally:
        both.world.pardot.control("PATCH", "/switches", {"read_lag_seconds": 0.0})


@pytest.mark.parametrize("moment", ["odoo_is_written", "pardot_is_asked"])
def test_killed_between_the_two_writes_the_next_attempt_finishes(
    both: BothSides, moment: str
) -> None:
    """Before its outcome in Odoo is stored, and after."""
    mail = f"killed.{moment}"
    who = both.person(mail, lastName="Killed", jobTitle="Before", city="Before", zip="1")
    both.sync()
    both.in_pardot(who, zip="2")
    both.edit_contact(who, function="For Pardot", city="For both")
    if not both.real:
        both.later(90)
    both.world.forget()
    # Refused after a while: a mere delay would keep the answer back, not the write.
    both.world.pardot.fault({"status": 503, "delay_seconds": 30}, method="PATCH")
    process = subprocess.Popen(
        cli.command_line("sync", "--json"),
        env=cli.environment(both.world.home, both.env),
        cwd=both.world.home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(lambda: both.contact(who)["zip"] == "2" or process.poll() is not None)
        if moment == "pardot_is_asked":
            wait_for(lambda: _versions_asked(both) or process.poll() is not None)
        assert process.poll() is None, process.communicate()[1]
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(20) == -signal.SIGKILL
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
    both.world.pardot.control("DELETE", "/faults")
    assert both.prospect(who)["jobTitle"] == "Before"
    written = both.versions()
    both.world.pardot.forget()
    both.sync(after=5)
    assert both.shown(who, *TITLE) == ["For Pardot"] * 3
    assert both.shown(who, *CITY) == ["For both"] * 3
    assert both.versions() == written, "Odoo was written already"
    assert len(both.told()) == 1
    assert both.conflicts(who) == []
    both.quiet()


def test_an_outage_of_pardots_right_after_odoo_was_written_loses_nothing(both: BothSides) -> None:
    who = both.person("outage", lastName="Outage", jobTitle="Before")
    both.sync()
    both.edit_contact(who, function="After")
    both.world.pardot.fault({"status": 503}, times=99, method="PATCH")
    with pytest.raises(WritesInterrupted):
        both.sync()
    assert both.lead(who)["function"] == "After", "Odoo was written before"
    assert both.prospect(who)["jobTitle"] == "Before"
    both.world.pardot.control("DELETE", "/faults")
    both.sync()
    assert both.shown(who, *TITLE) == ["After"] * 3
    assert both.conflicts(who) == []
    both.quiet()


def _versions_asked(both: BothSides) -> bool:
    """Whether Pardot was given the look right before the write."""
    asked = [dict(call["query"]) for call in api_calls(both.world.pardot)]
    return any("idList" in q and {*q["fields"].split(",")} == {"id", "updatedAt"} for q in asked)


def test_one_whom_pardot_refuses_keeps_nobody_back(both: BothSides) -> None:
    refused, other = (
        both.person(f"refused{n}", lastName="Refused", jobTitle="Before") for n in range(2)
    )
    both.sync()
    for who in (refused, other):
        both.edit_contact(who, function="After")
    both.world.pardot.fault(
        {"code": 9}, times=9, method="PATCH", path=f"/api/v5/objects/prospects/{refused}"
    )
    told = both.sync()
    assert told["retrying"] == 1
    assert both.prospect(other)["jobTitle"] == "After"
    assert both.prospect(refused)["jobTitle"] == "Before"
    assert both.waiting() == {"waiting": 1}
    both.world.pardot.control("DELETE", "/faults")
    both.retry(6)
    assert both.shown(refused, *TITLE) == ["After"] * 3
    assert both.waiting() == {}
    both.quiet()


def test_many_edits_go_by_one_import_and_come_back_as_no_news(both: BothSides) -> None:
    people = [both.person(f"many{n}", lastName=f"Many {n}", jobTitle="Before") for n in range(60)]
    both.sync()
    for number, who in enumerate(people):
        both.edit_contact(who, function=f"Number {number}")
    both.world.forget()
    told = both.sync()
    assert told["updated"] == len(people)
    methods = [path for method, path in both.told() if method == "PATCH" and "/prospects/" in path]
    assert methods == []
    assert [both.prospect(who)["jobTitle"] for who in people] == [
        f"Number {number}" for number in range(60)
    ]
    written = both.versions()
    both.world.forget()
    both.sync()
    both.sync()
    assert both.told() == []
    assert both.versions() == written
    assert writes(both.world.odoo) == [] if not both.real else True
    # They are confirmed: what Pardot's people change next is an edit, and no echo.
    both.in_pardot(people[0], jobTitle="News")
    both.sync()
    assert both.shown(people[0], *TITLE) == ["News"] * 3
    assert both.conflicts(people[0]) == []
    both.quiet()
