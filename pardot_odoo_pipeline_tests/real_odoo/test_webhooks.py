"""A real Odoo pushes what salespeople change into the inbox, and not what the pipeline writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.loader import (
    PersonWrite,
    RecordStatus,
    RecordWrite,
    choose_loader,
)
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.odoo.people import Prospect, apply
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin, make_sales_user
from pardot_odoo_pipeline_tests.webhooks.receiver_process import Receiver
from pardot_odoo_pipeline_tests.world import run_here

LEAD = "crm.lead"


@dataclass(frozen=True)
class Site:
    """A real Odoo that pushes to a receiver of ours; its pipeline's user is no administrator."""

    home: Path
    admin: OdooLogin
    pipeline: OdooLogin
    sales: OdooClient
    receiver: Receiver

    def run(self, *arguments: str, login: OdooLogin | None = None, **env: str) -> cli.Finished:
        own = (login or self.admin).environment()
        return run_here(self.home, *arguments, env={**own, **env})

    def provision(self, *options: str) -> dict[str, Any]:
        done = self.run(
            *("provision", "--webhooks", "--pipeline-user", self.pipeline.username),
            *("--json", *options),
        )
        assert done.code == 0, done.stderr
        return done.report

    def about(self, lead: int) -> list[dict[str, Any]]:
        """The events of a lead."""
        return [event for event in self.receiver.events() if event["lead_id"] == lead]


@pytest.fixture(scope="module")
def site(
    odoo_database: OdooLogin, sales_user: OdooLogin, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("pushing_odoo")
    pipeline = make_sales_user(odoo_database, "daily_pipeline")
    receiver = Receiver(home, "", cli.environment(home, {"WEBHOOK_PORT": "0"}))
    receiver.start()
    made = Site(home, odoo_database, pipeline, sales_user.client(), receiver)
    assert made.run("provision").code == 0
    made.provision()
    assert made.run("provision", "--webhooks", "--check").code == 0
    yield made
    receiver.kill()


def person(site: Site) -> tuple[Prospect, Any]:
    """Somebody whom the pipeline's own way of writing put into Odoo."""
    prospect = Prospect.new()
    [made] = apply(choose_loader(site.pipeline.client()), prospect.create())
    return prospect, made


def test_a_stage_that_a_salesperson_sets_is_in_the_inbox_when_odoo_answers(site: Site) -> None:
    _, made = person(site)
    lead = made.lead.record_id
    assert site.about(lead) == [], "what the pipeline writes does not come back"
    stage = site.sales.search("crm.stage", [], order="sequence desc", limit=1)[0]
    site.sales.write(LEAD, [lead], {"type": "opportunity", "stage_id": stage})
    [event] = site.about(lead)
    assert (event["source"], event["type"]) == ("odoo", "record_changed")
    written = site.sales.read(LEAD, [lead], ["write_date"])[0]["write_date"]
    assert event["payload"]["write_date"].startswith(written)
    assert set(event["payload"]) == {"write_date"}, "nothing of the person"


def test_owner_outcome_and_contact_are_pushed(site: Site) -> None:
    _, made = person(site)
    lead, contact = made.lead.record_id, made.partner.record_id
    steps = [
        lambda: site.sales.write(LEAD, [lead], {"user_id": site.sales.uid}),
        lambda: site.sales.call(LEAD, "action_set_lost", ids=[lead]),
        lambda: site.sales.call(LEAD, "action_unarchive", ids=[lead]),
        lambda: site.sales.call(LEAD, "action_set_won", ids=[lead]),
    ]
    for step in steps:
        before = len(site.about(lead))
        step()
        assert len(site.about(lead)) > before
    site.sales.write("res.partner", [contact], {"phone": "+49 30 901821"})
    assert [e for e in site.receiver.events() if e["partner_id"] == contact]


def test_the_pipelines_own_writes_are_not_pushed_even_after_a_salespersons(site: Site) -> None:
    prospect, made = person(site)
    lead, contact = made.lead.record_id, made.partner.record_id
    site.sales.write(LEAD, [lead], {"city": "Ulm"})
    before = len(site.about(lead))
    assert before == 1
    values = {"phone": "+49 30 901822", "email": f"new.{prospect.email}"}
    both = PersonWrite(
        str(prospect.number),
        RecordWrite(f"partner_{prospect.number}", contact, values),
        RecordWrite(
            f"lead_{prospect.number}",
            lead,
            {"city": "Bonn", "phone": values["phone"], "email_from": values["email"]},
        ),
    )
    [done] = apply(choose_loader(site.pipeline.client()), both)
    assert done.lead.status is RecordStatus.WRITTEN
    assert len(site.about(lead)) == before
    assert [e for e in site.receiver.events() if e["partner_id"] == contact] == []


def test_a_second_run_changes_nothing_and_the_daily_user_may_check(site: Site) -> None:
    assert {step["outcome"] for step in site.provision()["steps"]} == {"exists"}
    done = site.run("provision", "--webhooks", "--check", "--json", login=site.pipeline)
    assert done.code == 0, done.stderr
    [odoo] = [one for one in done.report["sources"] if one["source"] == "odoo"]
    assert odoo["arrived"]
    assert odoo["rules"] == "unknown", "only administrators see the rules"


def test_a_new_secret_reaches_odoo(site: Site) -> None:
    _, made = person(site)
    lead = made.lead.record_id
    path = site.home / "keys" / "webhooks" / "odoo"
    old = path.read_text()
    path.unlink()
    changed = [step for step in site.provision()["steps"] if step["outcome"] == "changed"]
    assert {(step["kind"], step["reason"]) for step in changed} == {("webhook", "webhook_url")}
    assert path.read_text() != old
    assert site.run("provision", "--webhooks", "--check").code == 0
    site.sales.write(LEAD, [lead], {"city": "Ulm"})
    assert len(site.about(lead)) == 1


def test_a_closed_source_rests_and_opens_again(site: Site) -> None:
    _, made = person(site)
    lead = made.lead.record_id
    rules = site.home / "closed.yaml"
    rules.write_text(
        "webhooks:\n  sources:\n    odoo: {system: odoo, authentication: token, active: false}\n"
    )
    closed = site.run("provision", "--webhooks", "--json", PIPELINE_CONFIG=str(rules))
    assert closed.code == 0, closed.stderr
    site.sales.write(LEAD, [lead], {"city": "Ulm"})
    assert site.about(lead) == []
    site.provision()
    site.sales.write(LEAD, [lead], {"city": "Bonn"})
    assert len(site.about(lead)) == 1


def test_odoo_goes_on_when_nobody_listens(site: Site) -> None:
    _, made = person(site)
    lead = made.lead.record_id
    site.receiver.kill()
    site.sales.write(LEAD, [lead], {"city": "Ulm"})
    assert site.sales.read(LEAD, [lead], ["city"])[0]["city"] == "Ulm"
