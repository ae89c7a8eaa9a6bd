"""Provisioning puts its things there once, touches nobody else's, tells what is in its way."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator

import pytest

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.provisioning.provision import provision
from pardot_odoo_pipeline.odoo.provisioning.report import Outcome, ProvisionReport
from pardot_odoo_pipeline_tests.contract.support import running_sandbox
from pardot_odoo_pipeline_tests.odoo.provisioned import ProvisionedOdoo
from pardot_odoo_pipeline_tests.real_odoo.fixtures import new_database

LEAD = "crm.lead"


@pytest.fixture(params=["sandbox", pytest.param("real", marks=pytest.mark.odoo)])
def bare(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OdooClient]:
    """The administrator of an Odoo that nothing was put into yet."""
    if request.param == "sandbox":
        with running_sandbox(tmp_path_factory.mktemp("bare")) as admin:
            yield admin.client()
        return
    with new_database(request.getfixturevalue("real_odoo"), f"bare_{os.getpid()}") as admin:
        yield admin.client()


def outcomes(report: ProvisionReport, kind: str | None = None) -> set[Outcome]:
    return {step.outcome for step in report.steps if kind in (None, step.kind)}


def our_fields(admin: OdooClient) -> set[str]:
    return {name for name in admin.fields_get(LEAD, attributes=["type"]) if "x_pardot" in name}


def test_once_is_enough(bare: OdooClient) -> None:
    old = bare.create(LEAD, [{"name": "Older than us", "type": "lead"}])
    preview = provision(bare, dry_run=True)
    assert preview.changed
    assert not our_fields(bare), "a dry run touches nothing"
    first = provision(bare)
    assert [s for s in preview.steps if s.outcome is Outcome.REFUSED] == []
    assert [(s.kind, s.name, s.outcome) for s in first.steps] == [
        (s.kind, s.name, s.outcome) for s in preview.steps
    ], "and told exactly what was to come"
    before = bare.read(LEAD, old, ["write_date"])
    second = provision(bare)
    assert not second.changed
    assert not second.refused
    assert outcomes(second) == {Outcome.EXISTS}
    assert bare.read(LEAD, old, ["write_date"]) == before

    # What was there before does not sort above the highest score, nor does what people add.
    hot = bare.create(LEAD, [{"name": "Hot", "type": "lead", "x_pardot_score": 250}])
    new = bare.create(LEAD, [{"name": "Added by hand", "type": "lead"}])
    ids = old + hot + new
    domain = [["id", "in", ids]]
    assert bare.search(LEAD, domain, order="x_pardot_score desc", limit=1) == hot
    assert {row["x_pardot_score"] for row in bare.read(LEAD, old + new, ["x_pardot_score"])} == {0}


def test_zeros_never_replace_what_was_counted(
    provisioned: ProvisionedOdoo, admin: OdooClient
) -> None:
    model, field = "res.partner", "x_pardot_email_opens"
    [busy] = admin.create(model, [{"name": "Opens mail", field: 5}])
    domain = [["field_id.model", "=", model], ["field_id.name", "=", field]]
    admin.unlink("ir.default", admin.search("ir.default", domain))
    [idle] = admin.create(model, [{"name": "Came while the default was gone"}])
    assert provision(admin).changed
    rows = admin.read(model, [busy, idle], [field])
    assert [row[field] for row in rows] == [5, 0]
    ids = [["id", "in", [busy, idle]]]
    assert admin.search(model, ids, order=f"{field} desc", limit=1) == [busy]


def test_leads_that_need_a_look_are_found(provisioned: ProvisionedOdoo, admin: OdooClient) -> None:
    """The filter's own domain, as Odoo stored it in the search view."""
    view = admin.search("ir.ui.view", [["name", "=", "pardot.lead.search"]])
    arch = admin.read("ir.ui.view", view, ["arch_base"])[0]["arch_base"]
    domain = ast.literal_eval(re.search(r'name="pardot_review" domain="([^"]+)"', arch)[1])
    marked, plain = admin.create(
        LEAD, [{"name": "m", "x_pardot_review": True}, {"name": "p", "x_pardot_state": "active"}]
    )
    assert admin.search(LEAD, [["id", "in", [marked, plain]], *domain]) == [marked]


def test_salespeople_get_to_see_leads(provisioned: ProvisionedOdoo, admin: OdooClient) -> None:
    sales = provisioned.sales.client()
    asked = {"ids": [sales.uid], "group_ext_id": "crm.group_use_lead"}
    assert sales.call("res.users", "has_group", **asked)
    groups = {
        row["name"]: row["res_id"]
        for row in admin.search_read(
            "ir.model.data",
            [["model", "=", "res.groups"], ["name", "in", ["group_user", "group_use_lead"]]],
            ["name", "res_id"],
        )
    }
    switched_off = {"implied_ids": [[3, groups["group_use_lead"], 0]]}
    admin.write("res.groups", [groups["group_user"]], switched_off)
    [preview] = [s for s in provision(admin, dry_run=True).steps if s.kind == "setting"]
    assert not sales.call("res.users", "has_group", **asked), "a dry run touches nothing"
    assert preview.outcome is Outcome.CREATED
    assert "hides leads" in preview.reason
    assert provision(admin).changed
    assert sales.call("res.users", "has_group", **asked)
    assert outcomes(provision(admin), "setting") == {Outcome.EXISTS}


def test_somebody_elses_field_is_left_alone(bare: OdooClient) -> None:
    model = bare.search("ir.model", [["model", "=", LEAD]])
    theirs = {"name": "x_pardot_industry", "field_description": "Theirs", "ttype": "integer"}
    bare.create("ir.model.fields", [{**theirs, "model_id": model[0]}])
    report = provision(bare)
    [refused] = report.refused
    assert refused.name == "crm.lead.x_pardot_industry"
    assert "integer" in refused.reason
    about = bare.fields_get(LEAD, ["x_pardot_industry"], ["type", "string"])["x_pardot_industry"]
    assert (about["type"], about["string"]) == ("integer", "Theirs")
    assert "x_pardot_score" in our_fields(bare)


def test_what_was_changed_is_put_right_again(
    provisioned: ProvisionedOdoo, admin: OdooClient
) -> None:
    domain = [["module", "=", "pardot"], ["name", "in", ["view_lead_list", "apply_action"]]]
    ours = {
        row["model"]: row["res_id"]
        for row in admin.search_read("ir.model.data", domain, ["model", "res_id"])
    }
    admin.write("ir.ui.view", [ours["ir.ui.view"]], {"name": "renamed"})
    admin.write("ir.actions.server", [ours["ir.actions.server"]], {"code": "pass"})
    report = provision(admin)
    changed = {step.kind for step in report.steps if step.outcome is Outcome.CHANGED}
    assert changed == {"view", "action"}
    assert not provision(admin).changed


def test_a_view_that_is_gone_is_made_again(provisioned: ProvisionedOdoo, admin: OdooClient) -> None:
    domain = [["module", "=", "pardot"], ["name", "=", "view_lead_kanban"]]
    view = admin.search_read("ir.model.data", domain, ["res_id"])[0]["res_id"]
    admin.unlink("ir.ui.view", [view])
    assert outcomes(provision(admin), "view") == {Outcome.EXISTS, Outcome.CREATED}


def test_a_salesperson_is_told_which_right_it_takes(provisioned: ProvisionedOdoo) -> None:
    with pytest.raises(ConfigurationError, match="Administration: Settings") as caught:
        provision(provisioned.sales.client())
    assert caught.value.code == "not_administrator"


def test_the_match_key_follows_the_address(provisioned: ProvisionedOdoo, admin: OdooClient) -> None:
    typed = ['"A B" <Ada@Example.com>', "JÜRGEN@Example.com", "no address", False]
    ids = admin.create(LEAD, [{"name": "x", "type": "lead", "email_from": text} for text in typed])
    rows = admin.read(LEAD, ids, ["x_pardot_email_key"])
    wanted = ["ada@example.com", "jürgen@example.com", False, False]
    assert [row["x_pardot_email_key"] for row in rows] == wanted
    admin.write(LEAD, ids[:1], {"email_from": "New@Example.com"})
    assert admin.search(LEAD, [["x_pardot_email_key", "=", "new@example.com"]]) == ids[:1]
    contact = admin.create("res.partner", [{"name": "x", "email": "Key@Example.com"}])
    row = admin.read("res.partner", contact, ["x_pardot_email_key"])[0]
    assert row["x_pardot_email_key"] == "key@example.com"
