"""A plain salesperson's user blocks addresses, lifts its own blocks, and sees what others did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import CodeType

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.consent import Blacklist, BlockStatus
from pardot_odoo_pipeline.odoo.consent_action.protocol import CONSENT_NAME, consent_code
from pardot_odoo_pipeline.odoo.errors import (
    OdooAccessError,
    OdooConfigurationError,
    OdooUserError,
)
from pardot_odoo_pipeline_tests.contract.support import address, lead, one, partner
from pardot_odoo_pipeline_tests.odoo.provisioned import ProvisionedOdoo

LEAD, PARTNER = "crm.lead", "res.partner"
DONE, SAME, KEPT, UNKNOWN = BlockStatus


@pytest.fixture
def sales(provisioned: ProvisionedOdoo) -> OdooClient:
    return provisioned.sales.client()


@pytest.fixture
def blacklist(sales: OdooClient) -> Blacklist:
    found = Blacklist.of(sales)
    assert found.writable
    return found


def blocked(admin: OdooClient, mail: str) -> list[bool]:
    """Whether Odoo mails to the leads and contacts with an address."""
    rows = admin.search_read(LEAD, [["email_normalized", "=", mail]], ["is_blacklisted"])
    rows += admin.search_read(PARTNER, [["email_normalized", "=", mail]], ["is_blacklisted"])
    return [row["is_blacklisted"] for row in rows]


def notes(admin: OdooClient, mail: str) -> list[str]:
    domain = [["email", "=", mail]]
    entry = admin.search("mail.blacklist", domain, context={"active_test": False})
    rows = admin.search_read(
        "mail.message",
        [["model", "=", "mail.blacklist"], ["res_id", "in", entry]],
        ["body"],
        order="id",
    )
    return [row["body"] for row in rows if "Pardot" in row["body"]]


def codes(code: CodeType) -> list[CodeType]:
    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    return [code, *(deeper for c in inner for deeper in codes(c))]


def test_the_code_keeps_within_the_limits_of_both_versions() -> None:
    text = consent_code()
    assert text.isascii()
    for code in codes(compile(text, "consent", "exec")):
        assert not code.co_freevars, "closures are forbidden"
        assert not code.co_cellvars, "closures are forbidden"
        assert not [name for name in code.co_names if "__" in name]


def test_blocked_and_lifted_with_a_note_that_says_why(
    blacklist: Blacklist, admin: OdooClient
) -> None:
    mail = address()
    lead(admin, email_from=f"Somebody <{mail.upper()}>")
    partner(admin, email=mail)
    assert blacklist.block({mail: "opted_out"}) == {mail: DONE}
    assert blocked(admin, mail) == [True, True]
    assert blacklist.block({mail: "hard_bounced"}) == {mail: SAME}
    assert blacklist.unblock([mail]) == {mail: DONE}
    assert blocked(admin, mail) == [False, False]
    assert blacklist.unblock([mail]) == {mail: SAME}
    assert blacklist.block({mail: "do_not_email"}) == {mail: DONE}, "an archived entry wakes up"
    first, second, third = notes(admin, mail)
    assert "opted out" in first
    assert "taken back" in second
    assert "not to be sent" in third


def test_a_block_that_somebody_else_made_is_kept(blacklist: Blacklist, admin: OdooClient) -> None:
    mail = address()
    lead(admin, email_from=mail)
    admin.create("mail.blacklist", [{"email": mail}])
    assert blacklist.block({mail: "opted_out"}) == {mail: SAME}
    assert blacklist.unblock([mail]) == {mail: KEPT}
    assert blocked(admin, mail) == [True]
    assert notes(admin, mail) == []


def test_only_addresses_of_people_that_the_user_sees(
    blacklist: Blacklist, admin: OdooClient
) -> None:
    mail = address()
    assert blacklist.block({mail: "opted_out"}) == {mail: UNKNOWN}
    assert not admin.search("mail.blacklist", [["email", "=", mail]])
    admin.create("mail.blacklist", [{"email": mail}])
    since = datetime.now(UTC) - timedelta(hours=1)
    until = datetime.now(UTC) + timedelta(hours=1)
    assert mail not in {change.email_key for change in blacklist.changes(since, until)}


def test_an_address_that_is_not_ascii(blacklist: Blacklist, admin: OdooClient) -> None:
    """Odoo keeps the case of such a local part, the match key does not."""
    mail = f"JÜRGEN.{address()}"
    made = lead(admin, email_from=mail)
    assert blacklist.block({mail.lower(): "opted_out"}) == {mail.lower(): DONE}
    assert one(admin, LEAD, made, "is_blacklisted") is True


def test_many_at_a_time(blacklist: Blacklist, admin: OdooClient) -> None:
    mails = [address() for _ in range(620)]
    admin.create(LEAD, [{"name": m, "type": "lead", "email_from": m} for m in mails])
    before = blacklist.client.calls
    answers = blacklist.block(dict.fromkeys(mails, "opted_out"))
    assert blacklist.client.calls == before + 2
    assert answers == dict.fromkeys(mails, DONE)
    assert admin.search_count(LEAD, [["name", "in", mails], ["is_blacklisted", "=", True]]) == 620


def test_what_was_done_by_hand_is_told(blacklist: Blacklist, admin: OdooClient) -> None:
    since = datetime.now(UTC) - timedelta(seconds=1)
    theirs, lifted, ours = address(), address(), address()
    for mail in (theirs, lifted, ours):
        lead(admin, email_from=mail)
    blacklist.block({lifted: "opted_out", ours: "opted_out"})
    admin.create("mail.blacklist", [{"email": theirs}])
    entry = admin.search("mail.blacklist", [["email", "=", lifted]])
    admin.call("mail.blacklist", "action_archive", ids=entry)
    until = datetime.now(UTC) + timedelta(seconds=5)
    told = {c.email_key: c for c in blacklist.changes(since, until)}
    assert (told[theirs].blocked, told[theirs].ours) == (True, False)
    assert (told[lifted].blocked, told[lifted].ours) == (False, False)
    assert (told[ours].blocked, told[ours].ours) == (True, True)
    assert blacklist.changes(until, until + timedelta(hours=1)) == []


def test_it_gives_no_other_right(blacklist: Blacklist, sales: OdooClient) -> None:
    with pytest.raises(OdooAccessError):
        sales.search("mail.blacklist", [])
    with pytest.raises(OdooAccessError):
        sales.create("mail.blacklist", [{"email": address()}])


def test_without_its_data_it_does_nothing(blacklist: Blacklist, sales: OdooClient) -> None:
    assert blacklist.action_id
    with pytest.raises(OdooUserError):
        sales.run_server_action(blacklist.action_id)


def test_another_version_is_refused_by_name(
    blacklist: Blacklist, sales: OdooClient, admin: OdooClient
) -> None:
    ids = [blacklist.action_id or 0]
    admin.write("ir.actions.server", ids, {"name": "Pardot: set consent, protocol 9"})
    try:
        with pytest.raises(OdooConfigurationError) as caught:
            Blacklist.of(sales)
        assert caught.value.code == "consent_protocol"
    finally:
        admin.write("ir.actions.server", ids, {"name": CONSENT_NAME})


def test_where_it_is_not_provisioned_nothing_is_blocked(sales: OdooClient) -> None:
    without = Blacklist(sales, None)
    before = sales.calls
    now = datetime.now(UTC)
    assert without.block({address(): "opted_out"}) == {}
    assert without.changes(now, now) == []
    assert sales.calls == before
