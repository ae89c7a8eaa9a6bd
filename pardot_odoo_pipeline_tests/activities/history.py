"""People with leads, what they do in Pardot, and what their leads show of it.

The people are linked here by hand: these tests are about the history of leads, and must tell the
same whatever the people's batches do.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

from pardot_odoo_pipeline.assembly import build_ports
from pardot_odoo_pipeline.batches import ActivitiesScope, BatchKind
from pardot_odoo_pipeline.ledger.store import batches, links
from pardot_odoo_pipeline.ledger.store.batches import NewBatch
from pardot_odoo_pipeline.ledger.store.links import Link, LinkState
from pardot_odoo_pipeline.odoo.loader import LEAD, PARTNER
from pardot_odoo_pipeline.odoo.provisioning.provision import provision
from pardot_odoo_pipeline.opening import open_sides
from pardot_odoo_pipeline.operations.probing import probe
from pardot_odoo_pipeline.ports import Ports, Worker
from pardot_odoo_pipeline.run_batch import run_batch
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.world import EVERYONE, World

RULES = "activities: {active: true, history_days: 0}\nlists: {active: false}\n"
FORM, PAGE, OPEN, CLICK = 4, 2, 11, 1


class History:
    """A world whose people do things.

    Args:
        world: Both servers.
        rules: The rules file's text.
        odoo: Settings of another Odoo than the sandbox.
    """

    def __init__(self, world: World, rules: str = RULES, odoo: dict[str, str] | None = None):
        self.world = world
        self._rules = rules
        self._odoo = odoo or {}
        self.ports = self.new_ports()
        self._people = 0

    def new_ports(self) -> Ports:
        """Another worker over the same home."""
        path = self.world.home / "rules.yaml"
        path.write_text(self._rules)
        own = {name: v for name, v in self.world.configured.items() if name not in self._odoo}
        values = {**self.world.environment, **own, **self._odoo, "PIPELINE_CONFIG": str(path)}
        with (
            mock.patch.dict(os.environ, cli.environment(self.world.home, values), clear=True),
            contextlib.chdir(self.world.home),
        ):
            self._settings = Settings()
            return build_ports(self._settings)

    @property
    def odoo(self) -> Any:
        """The pipeline's own connection."""
        return self.ports.odoo

    def now(self) -> datetime:
        """The world's time."""
        return self.ports.clock.now()

    def person(self) -> str:
        """A prospect of the population, each time another one."""
        rows = self.world.population.prospects()
        ids = sorted(str(planted.row["id"]) for planted in rows)
        self._people += 1
        return ids[self._people]

    def linked(self, prospect: str | None = None, leader: str | None = None, name: str = "") -> str:
        """A prospect with a lead and a contact of its own, or one that follows a leader."""
        prospect = prospect or self.person()
        lead = contact = None
        versions: dict[str, Any] = {}
        if leader is None:
            contact = self.odoo.create(PARTNER, [{"name": name or f"Person {prospect}"}])[0]
            title = name or f"Lead {prospect}"
            lead = self.odoo.create(LEAD, [{"name": title, "type": "lead"}])[0]
            versions = {
                "lead_version": self.version(LEAD, lead),
                "partner_version": self.version(PARTNER, contact),
            }
        link = Link(prospect, leader or prospect, lead, contact, **versions)
        with self.ports.ledger.write() as connection:
            links.upsert(connection, [link], batch_key="test", now=self.now())
        return prospect

    def relink(self, prospect: str, **changes: Any) -> None:
        """Change a person's link."""
        with self.ports.ledger.write() as connection:
            link = links.by_prospects(connection, [prospect])[prospect]
            links.upsert(connection, [replace(link, **changes)], batch_key="test", now=self.now())

    def link(self, prospect: str) -> Link:
        """A person's link."""
        with self.ports.ledger.read() as connection:
            return links.by_prospects(connection, [prospect])[prospect]

    def version(self, model: str, record: int) -> datetime:
        """A record's version as the ledger keeps it."""
        told = self.odoo.read(model, [record], ["write_date"])[0]["write_date"]
        return datetime.fromisoformat(told).replace(tzinfo=UTC)

    def does(self, prospect: str | None, type_: int, **values: Any) -> str:
        """Somebody does something in Pardot, now unless ``createdAt`` says when."""
        given = {"type": type_, "prospectId": int(prospect) if prospect else None, **values}
        return str(self.world.pardot.control("POST", "/activity", given)["id"])

    def open(self) -> str:
        """Open the next batch, as the schedule does."""
        with self.ports.ledger.write() as connection:
            [key] = open_sides(connection, self.ports.rules, self.now())
        return str(key)

    def run(self, ports: Ports | None = None, *, pause: float = 400) -> dict[str, Any]:
        """Let some time pass, run the next batch and those that follow; the first one's outcome."""
        self.world.advance(pause)
        key = self.open()
        self.finish(key, ports)
        outcome = self.outcome(key)
        for follower in self.waiting():
            self.finish(follower, ports)
        return outcome

    def finish(self, key: str, ports: Ports | None = None) -> None:
        """Run one batch to its end; a system that failed before is asked first, as ever."""
        ports = replace(ports or self.ports, worker=Worker())
        probe(self._settings, ports.ledger, ports.rules, self.now(), at_once=True)
        for _ in run_batch(key, ports):
            pass

    def waiting(self) -> list[str]:
        """Batches that want a run."""
        with self.ports.ledger.read() as connection:
            return [str(row.key) for row in batches.due_for_run(connection)]

    def recent(self) -> list[str]:
        """All batches, the newest first."""
        with self.ports.ledger.read() as connection:
            return [str(row.key) for row in batches.recent(connection)]

    def outcome(self, key: str) -> dict[str, Any]:
        """What the ledger recorded of a batch."""
        with self.ports.ledger.read() as connection:
            [row] = [row for row in batches.recent(connection) if str(row.key) == key]
        assert row.state.value == "done", row
        assert row.outcome is not None
        return row.outcome

    def messages(self, prospect: str) -> list[dict[str, Any]]:
        """What a salesperson reads on the lead, in the order of writing."""
        lead = self.link(prospect).lead_id
        domain = [["model", "=", LEAD], ["res_id", "=", lead], ["message_id", "like", "pardot"]]
        fields = ["body", "date", "author_id", "message_id", "mail_activity_type_id"]
        return self.odoo.search_read("mail.message", domain, fields, order="id")

    def done(self, prospect: str) -> list[dict[str, Any]]:
        """The done activities of the lead."""
        domain = [["res_model", "=", LEAD], ["res_id", "=", self.link(prospect).lead_id]]
        fields = ["summary", "note", "date_done", "state", "activity_type_id"]
        return self.odoo.search_read("mail.activity", domain, fields, context=EVERYONE)

    def numbers(self, prospect: str, model: str = LEAD) -> dict[str, int]:
        """The numbers that lead or contact show."""
        link = self.link(prospect)
        record = link.lead_id if model == LEAD else link.partner_id
        assert record is not None
        names = ("email_opens", "email_clicks", "form_submissions", "page_views")
        names += ("activities_30d", "trend_30d")
        row = self.odoo.read(model, [record], [f"x_pardot_{name}" for name in names])[0]
        return {name: row[f"x_pardot_{name}"] for name in names}


@contextlib.contextmanager
def history(
    home: Path, rules: str = RULES, prospects: int = 40, **options: Any
) -> Iterator[History]:
    """A provisioned world in which the first reading has been made."""
    with World.running(home, prospects, **options) as world:
        provision(world.client)
        told = History(world, rules)
        told.run()
        yield told


__all__ = [
    "CLICK",
    "FORM",
    "OPEN",
    "PAGE",
    "RULES",
    "ActivitiesScope",
    "BatchKind",
    "History",
    "LinkState",
    "NewBatch",
    "history",
]
