"""What provisioning puts into an Odoo serves an 18 as well, as far as the sandbox can tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.consent import Blacklist, BlockStatus
from pardot_odoo_pipeline.odoo.provisioning.provision import provision
from pardot_odoo_pipeline.odoo.provisioning.report import Outcome
from pardot_odoo_pipeline_tests.contract.support import address, lead, running_sandbox
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin, make_sales_user


@pytest.fixture(scope="module")
def odoo18(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OdooLogin]:
    with running_sandbox(tmp_path_factory.mktemp("odoo18"), version=18) as login:
        yield login


def test_once_is_enough(odoo18: OdooLogin) -> None:
    admin = odoo18.client()
    first = provision(admin)
    assert not first.refused
    assert {step.outcome for step in provision(admin).steps} == {Outcome.EXISTS}
    fields = admin.fields_get("crm.lead", attributes=["type"])
    assert fields["x_pardot_email_opens"]["type"] == "integer"
    assert fields["x_pardot_review"]["type"] == "boolean"


def test_the_blacklist_serves_a_salesperson(odoo18: OdooLogin) -> None:
    admin = odoo18.client()
    provision(admin)
    sales: OdooClient = make_sales_user(odoo18, "seller_of_18", with_key=False).client()
    blacklist = Blacklist.of(sales)
    ours, theirs = address(), address()
    made = [lead(admin, email_from=mail) for mail in (ours, theirs)]
    since = datetime.now(UTC) - timedelta(seconds=1)
    admin.create("mail.blacklist", [{"email": theirs}])
    assert blacklist.block({ours: "opted_out"}) == {ours: BlockStatus.DONE}
    assert blacklist.unblock([ours, theirs]) == {ours: BlockStatus.DONE, theirs: BlockStatus.KEPT}
    rows = sales.read("crm.lead", made, ["is_blacklisted"])
    assert [row["is_blacklisted"] for row in rows] == [False, True]
    told = blacklist.changes(since, datetime.now(UTC) + timedelta(seconds=2))
    assert {c.email_key: c.blocked for c in told if c.email_key in (ours, theirs)} == {
        ours: False,
        theirs: True,
    }
