"""What stories about lists share: acts of marketers and salespeople, batches, and what one sees."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest import mock

import yaml

from pardot_odoo_pipeline.assembly import build_ports
from pardot_odoo_pipeline.batches import BatchKey, BatchKind
from pardot_odoo_pipeline.ledger.store import batches, links
from pardot_odoo_pipeline.ledger.store.links import Link
from pardot_odoo_pipeline.opening import open_sides
from pardot_odoo_pipeline.operations.probing import probe
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.run_batch import run_batch
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.world import EVERYONE, World

CATEGORY = "res.partner.category"


@dataclass
class ListsWorld:
    """A world whose lists are watched.

    Attributes:
        world: Both systems.
        env: Beside the world's environment.
    """

    world: World
    env: dict[str, str] = field(default_factory=dict)

    # In Pardot

    def new_list(self, name: str, *, dynamic: bool = False) -> int:
        """A list that somebody makes."""
        values = {"name": name, "isDynamic": dynamic}
        return self.world.pardot.control("POST", "/objects/lists", {"values": values})["id"]

    def edit_list(self, list_id: int, **values: Any) -> None:
        """Rename it, or move it to the recycle bin and back."""
        self.world.pardot.control("POST", f"/objects/lists/{list_id}", {"values": values})

    def join(self, list_id: int, *prospects: str) -> None:
        """Put people on a list, also on one that fills itself."""
        self._members(list_id, add=prospects)

    def leave(self, list_id: int, *prospects: str) -> None:
        """Take people off a list."""
        self._members(list_id, remove=prospects)

    def _members(self, list_id: int, **changes: tuple[str, ...]) -> None:
        wish = {name: [int(one) for one in people] for name, people in changes.items()}
        self.world.pardot.control("POST", f"/lists/{list_id}/members", wish)

    def opt_out(self, list_id: int, prospect: str) -> None:
        """What a person does in a preference centre."""
        [row] = self.memberships(list_id, prospect)
        path = f"/objects/list-memberships/{row['id']}"
        self.world.pardot.control("POST", path, {"values": {"optedOut": True}})

    def memberships(self, list_id: int, prospect: str) -> list[dict[str, Any]]:
        """The person's memberships of a list in Pardot, past ones included."""
        with self.ports() as ports:
            page = ports.pardot.query(
                "list-memberships",
                ("id", "isDeleted", "optedOut"),
                filters={"listId": list_id, "prospectId": int(prospect), "deleted": "all"},
                order_by="id",
            )
        return page.rows

    def is_member(self, list_id: int, prospect: str) -> bool:
        """Whether Pardot has the person on the list."""
        return any(not row["isDeleted"] for row in self.memberships(list_id, prospect))

    # In Odoo

    def contact(self, prospect: str) -> int:
        """The person's contact."""
        [row] = self.world.of_prospect("res.partner", prospect, "id")
        return row["id"]

    def category(self, list_id: int) -> dict[str, Any]:
        """The tag that stands for a list."""
        name = f"list_{list_id}"
        domain = [("module", "=", "pardot"), ("name", "=", name), ("model", "=", CATEGORY)]
        [row] = self.world.client.search_read("ir.model.data", domain, ["res_id"])
        fields = ["name", "active", "parent_id", "partner_ids"]
        [found] = self.world.client.search_read(
            CATEGORY, [("id", "=", row["res_id"])], fields, context=EVERYONE
        )
        return found

    def tags(self, prospect: str) -> set[str]:
        """Names of the tags that people see on the person's contact."""
        [row] = self.world.of_prospect("res.partner", prospect, "category_id")
        return self._names(CATEGORY, row["category_id"])

    def lead_tags(self, prospect: str) -> set[str]:
        """Names of the tags on the person's lead."""
        [row] = self.world.of_prospect("crm.lead", prospect, "tag_ids")
        return self._names("crm.tag", row["tag_ids"])

    def _names(self, model: str, ids: list[int]) -> set[str]:
        return {
            row["name"]
            for row in self.world.client.search_read(model, [("id", "in", ids)], ["name"])
        }

    def give(self, prospect: str, category_id: int) -> None:
        """A salesperson tags a contact."""
        self._edit(prospect, [4, category_id])

    def take(self, prospect: str, category_id: int) -> None:
        """A salesperson removes a tag."""
        self._edit(prospect, [3, category_id])

    def _edit(self, prospect: str, command: list[int]) -> None:
        contact = self.contact(prospect)
        self.world.client.write("res.partner", [contact], {"category_id": [command]})

    def notes(self, prospect: str) -> list[str]:
        """What stands in the contact's chatter about tags."""
        domain = [("model", "=", "res.partner"), ("res_id", "=", self.contact(prospect))]
        rows = self.world.client.search_read("mail.message", domain, ["body"], order="id")
        return [row["body"] for row in rows if "The tag" in row["body"]]

    # The pipeline

    @contextmanager
    def ports(self, *, batch_size: int = 20_000, **lists: Any) -> Iterator[Ports]:
        """The ports of a worker with these rules."""
        path = self.world.home / "rules.yaml"
        rules = {"batch_size": batch_size, "activities": {"active": False}, "lists": lists}
        path.write_text(yaml.safe_dump(rules))
        env = {**self.world.environment, **self.env, "PIPELINE_CONFIG": str(path)}
        with mock.patch.dict(os.environ, cli.environment(self.world.home, env), clear=True):
            settings = Settings(_env_file=None)
            ports = build_ports(settings)
        try:
            # As the retry sensor does: a system that failed before is asked whether it works again.
            probe(settings, ports.ledger, ports.rules, ports.clock.now())
            yield ports
        finally:
            ports.ledger.close()

    def batch(self, *, failures: int = 0, **rules: Any) -> dict[str, Any]:
        """One hour later: the lists' batch and whatever follows it; the sum of their accounts."""
        self.world.advance(3600)
        with self.ports(**rules) as ports:
            with ports.ledger.write() as connection:
                open_sides(connection, ports.rules, ports.clock.now())
            total: dict[str, Any] = {"batches": 0}
            while keys := self._waiting(ports):
                for key in keys:
                    checks = [c for result in run_batch(str(key), ports) for c in result.checks]
                    assert sum(not check.passed for check in checks) <= failures, checks
                    with ports.ledger.read() as connection:
                        outcome = batches.get(connection, key).outcome or {}
                    total["batches"] += 1
                    _add(total, outcome)
            return total

    def _waiting(self, ports: Ports) -> list[BatchKey]:
        with ports.ledger.read() as connection:
            due = batches.due_for_run(connection)
        return [batch.key for batch in due if batch.key.kind is BatchKind.BULK]

    def people(self) -> None:
        """An interval batch of people."""
        self.world.advance(600)
        self.world.sync(**self.people_rules())

    def people_rules(self) -> dict[str, str]:
        """The environment of a sync of people alone."""
        path = self.world.home / "people.yaml"
        path.write_text("lists: {active: false}\nactivities: {active: false}\n")
        return {"PIPELINE_CONFIG": str(path), **self.env}

    def person(self, address: str, *, contact: bool = True, leader: str | None = None) -> str:
        """A prospect that is linked already: with a contact, with a lead alone, or a follower."""
        prospect = self.world.new_prospect(email=address, lastName="Listed")
        link = Link(prospect, leader or prospect)
        if leader is None:
            values: dict[str, Any] = {"name": "Listed", "x_pardot_prospect_id": prospect}
            if contact:
                [partner] = self.world.client.create("res.partner", [values])
                link = replace(link, partner_id=partner)
                values["partner_id"] = partner
            [lead] = self.world.client.create("crm.lead", [{**values, "type": "lead"}])
            link = replace(link, lead_id=lead)
        self.link(link)
        return prospect

    def link(self, link: Link) -> None:
        """What the ledger knows of somebody from now on."""
        with self.ports() as ports, ports.ledger.write() as connection:
            links.upsert(connection, [link], batch_key="test", now=ports.clock.now())


def _add(total: dict[str, Any], outcome: Mapping[str, Any]) -> None:
    for name, value in outcome.items():
        if isinstance(value, Mapping):
            _add(total.setdefault(name, {}), value)
        else:
            total[name] = total.get(name, 0) + value


def edits(ports: Ports) -> list[tuple[str, str, str]]:
    """The history of edits by hand: edit, outcome, rule."""
    with ports.ledger.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT edit, outcome, rule FROM list_tag_edits ORDER BY id"
        )
        return [tuple(row) for row in rows]
