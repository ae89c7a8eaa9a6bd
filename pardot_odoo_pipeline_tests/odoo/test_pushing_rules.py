"""The automation rules that provisioning makes: what they push, what not, and once is enough."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.mapping.rules_file import load_rules
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.loader import choose_loader
from pardot_odoo_pipeline.odoo.provisioning.provision import provision
from pardot_odoo_pipeline.odoo.provisioning.report import Outcome, ProvisionReport
from pardot_odoo_pipeline.odoo.provisioning.webhooks import (
    PushTarget,
    provision_webhooks,
    pushing_rules,
    watched_fields,
)
from pardot_odoo_pipeline_tests.contract.support import running_sandbox, unique
from pardot_odoo_pipeline_tests.odoo.people import Prospect, apply
from pardot_odoo_pipeline_tests.push_receiver import PushReceiver, push_receiver
from pardot_odoo_pipeline_tests.real_odoo.fixtures import new_database
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin, make_sales_user

LEAD, PARTNER = "crm.lead", "res.partner"
RULES = load_rules(None)


@dataclass(frozen=True)
class Site:
    """An Odoo with our fields, its administrator, the pipeline's user and a salesperson."""

    admin: OdooClient
    pipeline: OdooClient
    sales: OdooClient
    login: OdooLogin


@pytest.fixture(scope="module", params=["sandbox", pytest.param("real", marks=pytest.mark.odoo)])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    if request.param == "sandbox":
        with running_sandbox(tmp_path_factory.mktemp("pushing")) as login:
            yield _site(login, with_key=False)
        return
    server = request.getfixturevalue("real_odoo")
    with new_database(server, f"pushing_{os.getpid()}") as login:
        yield _site(login, with_key=True)


def _site(login: OdooLogin, *, with_key: bool) -> Site:
    provision(login.client())
    pipeline = make_sales_user(login, "pipeline", with_key=with_key)
    sales = make_sales_user(login, "seller", with_key=with_key)
    return Site(login.client(), pipeline.client(), sales.client(), login)


@pytest.fixture(scope="module")
def receiver() -> Iterator[PushReceiver]:
    with push_receiver() as listening:
        yield listening


@pytest.fixture
def target(site: Site, receiver: PushReceiver) -> Iterator[PushTarget]:
    """An address of its own for each test; afterwards nothing is pushed any more."""
    yield PushTarget("odoo", f"{receiver.url}/{unique('hook').replace(' ', '-')}")
    provision_webhooks(site.admin, RULES, [])


def put(site: Site, *targets: PushTarget, rules: Rules = RULES) -> ProvisionReport:
    return provision_webhooks(site.admin, rules, targets, pipeline_user="pipeline")


def outcomes(report: ProvisionReport) -> set[Outcome]:
    return {step.outcome for step in report.steps}


def ours(site: Site) -> dict[str, int]:
    domain = [["module", "=", "pardot"], ["name", "=like", "webhook_%"]]
    rows = site.admin.search_read("ir.model.data", domain, ["name", "res_id"])
    return {row["name"]: row["res_id"] for row in rows}


def pushed(receiver: PushReceiver, target: PushTarget) -> list[tuple[str, int]]:
    found = receiver.at(target.url.removeprefix(receiver.url))
    return [(push.json["_model"], push.json["_id"]) for push in found]


def linked_lead(site: Site, **values: object) -> int:
    own = {"name": unique("lead"), "x_pardot_prospect_id": unique("").strip(), **values}
    return site.pipeline.create(LEAD, [own])[0]


def test_a_salespersons_change_is_pushed_and_the_pipelines_is_not(
    site: Site, receiver: PushReceiver, target: PushTarget
) -> None:
    """The domain is looked at after the write, or this could not be."""
    put(site, target)
    seen = partial(pushed, receiver, target)
    lead = linked_lead(site, type="opportunity")
    site.pipeline.write(LEAD, [lead], {"city": "Ulm"})
    assert seen() == []
    stage = site.admin.search("crm.stage", [], order="sequence desc", limit=1)[0]
    site.sales.write(LEAD, [lead], {"stage_id": stage})
    assert set(seen()) == {(LEAD, lead)}
    count = len(seen())
    site.pipeline.write(LEAD, [lead], {"city": "Bonn", "user_id": site.sales.uid})
    assert len(seen()) == count
    site.sales.write(LEAD, [lead], {"city": "Trier"})
    assert len(seen()) == count + 1


def test_each_outcome_of_a_deal_is_pushed(
    site: Site, receiver: PushReceiver, target: PushTarget
) -> None:
    put(site, target)
    seen = partial(pushed, receiver, target)
    won, lost, moved = (linked_lead(site, type="opportunity") for _ in range(3))
    site.sales.call(LEAD, "action_set_won", ids=[won])
    assert set(seen()) == {(LEAD, won)}
    reason = site.admin.search("crm.lost.reason", [], limit=1)[0]
    site.sales.call(LEAD, "action_set_lost", ids=[lost], lost_reason_id=reason)
    assert set(seen()) == {(LEAD, won), (LEAD, lost)}
    count = len(seen())
    site.sales.write(LEAD, [moved], {"expected_revenue": 1200.0})
    site.sales.write(LEAD, [moved], {"user_id": site.sales.uid})
    site.sales.write(LEAD, [moved], {"x_pardot_do_not_call": True})
    assert seen()[count:] == [(LEAD, moved)] * 3


def test_a_contacts_change_is_pushed(
    site: Site, receiver: PushReceiver, target: PushTarget
) -> None:
    put(site, target)
    values = {"name": unique("contact"), "x_pardot_prospect_id": unique("").strip()}
    [contact] = site.pipeline.create(PARTNER, [values])
    site.sales.write(PARTNER, [contact], {"phone": "+49 30 1234567"})
    assert pushed(receiver, target) == [(PARTNER, contact)]


def test_what_concerns_no_prospect_or_says_nothing_new_is_not_pushed(
    site: Site, receiver: PushReceiver, target: PushTarget
) -> None:
    put(site, target)
    [stranger] = site.sales.create(LEAD, [{"name": unique("lead")}])
    site.sales.write(LEAD, [stranger], {"city": "Ulm"})
    lead = linked_lead(site)
    site.sales.write(LEAD, [lead], {"x_pardot_score": 7, "priority": "2"})
    assert pushed(receiver, target) == []


def test_a_push_tells_which_record_and_nothing_of_the_person(
    site: Site, receiver: PushReceiver, target: PushTarget
) -> None:
    put(site, target)
    lead = linked_lead(site, contact_name="Ada Byron", email_from="ada@example.com")
    site.sales.write(LEAD, [lead], {"phone": "+49 30 7654321"})
    [push] = receiver.at(target.url.removeprefix(receiver.url))
    assert set(push.json) == {"_action", "_id", "_model", "id", "write_date", "write_uid"}
    assert push.json["write_uid"] == site.sales.uid


def test_what_the_loader_writes_is_not_pushed(
    site: Site, receiver: PushReceiver, target: PushTarget
) -> None:
    put(site, target)
    loader = choose_loader(site.pipeline)
    person = Prospect.new()
    [made] = apply(loader, person.create())
    apply(loader, person.update(made, {"city": "Ulm", "email_from": "other@example.com"}))
    assert pushed(receiver, target) == []


def test_what_odoo_computes_belongs_to_whoever_acts(
    site: Site, receiver: PushReceiver, target: PushTarget
) -> None:
    """A contact's address is its lead's: each change of one is a change of the other."""
    put(site, target)
    seen = partial(pushed, receiver, target)
    person = Prospect.new()
    [made] = apply(choose_loader(site.pipeline), person.create())
    lead, contact = made.lead.record_id, made.partner.record_id
    site.pipeline.write(LEAD, [lead], {"partner_id": contact})
    site.sales.write(LEAD, [lead], {"city": "Ulm"})
    assert seen() == [(LEAD, lead)]
    site.pipeline.write(PARTNER, [contact], {"email": f"a.{person.email}"})
    assert seen() == [(LEAD, lead)], "the salesperson was the lead's last, and did not act"
    site.sales.write(PARTNER, [contact], {"email": f"b.{person.email}"})
    assert set(seen()[1:]) == {(LEAD, lead), (PARTNER, contact)}


def test_once_is_enough(site: Site, target: PushTarget) -> None:
    before = ours(site)
    preview = provision_webhooks(
        site.admin, RULES, [target], pipeline_user="pipeline", dry_run=True
    )
    assert preview.changed
    [user] = [step for step in preview.steps if step.kind == "user"]
    assert user.name == f"number {site.pipeline.uid}"
    assert ours(site) == before, "a dry run touches nothing"
    first = put(site, target)
    assert [(s.kind, s.name, s.outcome) for s in first.steps] == [
        (s.kind, s.name, s.outcome) for s in preview.steps
    ], "and told exactly what was to come"
    numbers = sorted(ours(site).values())
    dates = {
        (model, row["id"], row["write_date"])
        for model in ("base.automation", "ir.actions.server")
        for row in site.admin.search_read(model, [["id", "in", numbers]], ["write_date"])
    }
    second = put(site, target)
    assert outcomes(second) == {Outcome.EXISTS}
    assert dates == {
        (model, row["id"], row["write_date"])
        for model in ("base.automation", "ir.actions.server")
        for row in site.admin.search_read(model, [["id", "in", numbers]], ["write_date"])
    }


def test_another_address_field_map_or_user_is_brought_to_odoo(
    site: Site, receiver: PushReceiver, target: PushTarget
) -> None:
    put(site, target)
    before = ours(site)
    moved = PushTarget("odoo", f"{target.url}-moved")
    changed = {s.kind: s.reason for s in put(site, moved).steps if s.outcome is Outcome.CHANGED}
    assert changed == {"webhook": "webhook_url"}
    assert moved.url not in str(changed)
    city = RULES.fields["city"].model_copy(update={"lead": (), "partner": ()})
    fewer = RULES.model_copy(update={"fields": {**RULES.fields, "city": city}})
    changed = {
        s.kind: s.reason
        for s in put(site, moved, rules=fewer).steps
        if s.outcome is Outcome.CHANGED
    }
    assert changed == {"rule": "trigger_field_ids"}
    lead = linked_lead(site)
    site.sales.write(LEAD, [lead], {"city": "Ulm"})
    assert pushed(receiver, moved) == []
    site.sales.write(LEAD, [lead], {"street": "1 Main St"})
    assert pushed(receiver, moved) == [(LEAD, lead)]
    report = provision_webhooks(site.admin, fewer, [moved], pipeline_user="seller")
    assert {s.reason for s in report.steps if s.outcome is Outcome.CHANGED} == {"filter_domain"}
    site.sales.write(LEAD, [lead], {"street": "2 Main St"})
    assert pushed(receiver, moved) == [(LEAD, lead)]
    report = provision_webhooks(site.admin, fewer, [moved])
    assert outcomes(report) == {Outcome.EXISTS}, "who repeats it need not name the user again"
    assert ours(site) == before, "the same records throughout"


def test_a_closed_source_rests_until_it_opens_again(
    site: Site, receiver: PushReceiver, target: PushTarget
) -> None:
    put(site, target)
    lead = linked_lead(site)
    closing = provision_webhooks(site.admin, RULES, [], dry_run=True)
    assert outcomes(closing) == {Outcome.CHANGED}
    assert {rule.active for rule in pushing_rules(site.admin)} == {True}
    assert provision_webhooks(site.admin, RULES, []).changed
    assert {rule.active for rule in pushing_rules(site.admin)} == {False}
    assert {step.kind for step in closing.steps} == {"rule"}
    site.sales.write(LEAD, [lead], {"city": "Ulm"})
    assert pushed(receiver, target) == []
    assert outcomes(provision_webhooks(site.admin, RULES, [])) == {Outcome.EXISTS}
    reopened = put(site, target)
    assert {s.reason for s in reopened.steps if s.outcome is Outcome.CHANGED} == {"active"}
    site.sales.write(LEAD, [lead], {"city": "Bonn"})
    assert pushed(receiver, target) == [(LEAD, lead)]


def test_rules_that_somebody_deleted_are_made_again(
    site: Site, receiver: PushReceiver, target: PushTarget
) -> None:
    put(site, target)
    found = {(rule.source, rule.model, rule.url) for rule in pushing_rules(site.admin)}
    assert found == {("odoo", LEAD, target.url), ("odoo", PARTNER, target.url)}
    rules = [n for name, n in ours(site).items() if not name.startswith("webhook_call_")]
    site.admin.unlink("base.automation", rules)
    assert pushing_rules(site.admin) == ()
    # Odoo forgets the webhook with its rule, but not always that there was one.
    made = [step for step in put(site, target).steps if step.kind != "user"]
    assert {step.outcome for step in made} <= {Outcome.CREATED, Outcome.CHANGED}
    lead = linked_lead(site)
    site.sales.write(LEAD, [lead], {"city": "Ulm"})
    assert pushed(receiver, target) == [(LEAD, lead)]


def test_two_sources_have_rules_of_their_own(
    site: Site, receiver: PushReceiver, target: PushTarget
) -> None:
    other = PushTarget("odoo-call", f"{target.url}-other")
    put(site, target, other)
    lead = linked_lead(site)
    site.sales.write(LEAD, [lead], {"city": "Ulm"})
    assert len(pushed(receiver, other)) == 1
    put(site, target)
    site.sales.write(LEAD, [lead], {"city": "Bonn"})
    assert len(pushed(receiver, other)) == 1, "the one that is closed rests"
    by_source = {(rule.source, rule.active) for rule in pushing_rules(site.admin)}
    assert by_source == {("odoo", True), ("odoo-call", False)}


def test_a_salesperson_may_not_make_rules(site: Site, target: PushTarget) -> None:
    with pytest.raises(ConfigurationError) as caught:
        provision_webhooks(site.sales, RULES, [target])
    assert caught.value.code == "not_administrator"


def test_an_unknown_user_is_refused(site: Site, target: PushTarget) -> None:
    with pytest.raises(ConfigurationError) as caught:
        provision_webhooks(site.admin, RULES, [target], pipeline_user="nobody")
    assert caught.value.code == "unknown_user"
    assert "nobody" not in str(caught.value)


def test_without_the_module_it_is_said_what_to_install(site: Site, target: PushTarget) -> None:
    class Without(OdooClient):
        """The administrator of the same Odoo, as if the module were not there."""

        def search(self, model: str, domain: Any, **options: Any) -> list[int]:
            hidden = model == "ir.model" and ["model", "=", "base.automation"] in list(domain)
            return [] if hidden else super().search(model, domain, **options)

    with pytest.raises(ConfigurationError) as caught:
        provision_webhooks(Without(site.admin.connection), RULES, [target])
    assert caught.value.code == "no_automation_rules"
    assert "base_automation" in caught.value.fix


def test_without_our_fields_nothing_is_made(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with running_sandbox(tmp_path_factory.mktemp("bare")) as login:
        admin = login.client()
        with pytest.raises(ConfigurationError) as caught:
            provision_webhooks(admin, RULES, [PushTarget("odoo", "http://127.0.0.1:9/x")])
        assert caught.value.code == "not_provisioned"
        assert admin.search_count("base.automation", []) == 0


def test_only_what_flows_to_pardot_is_watched() -> None:
    leads, contacts = watched_fields(RULES, LEAD), watched_fields(RULES, PARTNER)
    assert {"email_from", "phone", "stage_id", "user_id", "active"} <= leads
    assert {"email", "phone", "name", "industry_id"} <= contacts
    assert leads.isdisjoint({"x_pardot_score", "x_pardot_grade", "name", "write_date"})
