"""What the tests of the hooks work with: both systems, and one person's way through them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import requests

from pardot_odoo_pipeline.assembly import build_ports, pardot_client
from pardot_odoo_pipeline.merge.values import AgreedPair
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.provisioning.provision import provision
from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline.pardot.prospect_writes import (
    ProspectStatus,
    ProspectWrite,
    ProspectWriter,
)
from pardot_odoo_pipeline.ports import Ports
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline.steps.lifecycle import DealPlan, Deals, confirmed, lead_fields
from pardot_odoo_pipeline_tests.real_odoo.server import OdooLogin, make_sales_user

EVERYONE = {"active_test": False}
CUSTOM_FIELDS = {
    "dealStage": "text",
    "dealOwner": "text",
    "dealRevenue": "number",
    "dealRevenueText": "text",
    "dealClose": "date",
    "dealStatus": "dropdown",
    "dealReason": "text",
}
DEAL_FIELDS = """
stages:
  fields:
    stage: dealStage__c
    owner: dealOwner__c
    expected_revenue: dealRevenue__c
    close_date: dealClose__c
    status: dealStatus__c
    lost_reason: dealReason__c
"""


def _lower(environment: Mapping[str, str]) -> dict[str, Any]:
    return {name.lower(): value for name, value in environment.items()}


class PardotSide:
    """The Pardot sandbox.

    Args:
        state: What it published.
    """

    def __init__(self, state: Mapping[str, Any]) -> None:
        self._state = state

    @cached_property
    def client(self) -> PardotClient:
        """A client of the pipeline's kind."""
        return pardot_client(Settings(_env_file=None, **_lower(self.environment)))

    @property
    def environment(self) -> dict[str, str]:
        """The settings that lead here."""
        own = self._state["credentials"]
        return {
            "PARDOT_API_URL": self._state["url"],
            "PARDOT_TOKEN_URL": self._state["token_url"],
            "PARDOT_CLIENT_ID": own["client_id"],
            "PARDOT_CLIENT_SECRET": own["client_secret"],
            "PARDOT_BUSINESS_UNIT_ID": own["business_unit_id"],
            "PIPELINE_CLOCK_URL": f"{self._state['control_url']}/clock",
        }

    def edit(self, prospect_id: int, **values: Any) -> None:
        """What a person changes in Pardot's own pages."""
        url = f"{self._state['control_url']}/prospects/{prospect_id}"
        requests.post(url, json={"values": values}, timeout=20).raise_for_status()

    def asked(self, method: str, path: str) -> list[dict[str, Any]]:
        """The requests so far that changed something under a path."""
        answer = requests.get(f"{self._state['control_url']}/requests", timeout=20).json()
        return [
            one for one in answer["requests"] if one["method"] == method and path in one["path"]
        ]

    def prospect(self, **values: Any) -> int:
        """A new prospect with an address that nobody else has."""
        email = f"p{uuid.uuid4().hex[:10]}@example.com"
        return int(self.client.create("prospects", {"email": email, **values}, ("id",))["id"])

    def new_list(self, name: str) -> int:
        """A new static list."""
        return int(self.client.create("lists", {"name": name}, ("id",))["id"])

    def lists_of(self, prospect_id: int) -> set[int]:
        """The lists that a prospect is on."""
        rows = self.client.query(
            "list-memberships", ("id", "listId"), filters={"prospectId": prospect_id}
        ).rows
        return {int(row["listId"]) for row in rows}


@dataclass(frozen=True)
class OdooSide:
    """An Odoo, its administrator and a plain salesperson."""

    admin_login: OdooLogin
    sales_login: OdooLogin

    @classmethod
    def provisioned(cls, admin: OdooLogin, *, with_key: bool) -> OdooSide:
        """With our fields, and somebody for the pipeline to be."""
        provision(admin.client())
        name = f"seller_{uuid.uuid4().hex[:6]}"
        return cls(admin, make_sales_user(admin, name, with_key=with_key))

    @cached_property
    def admin(self) -> OdooClient:
        """The administrator's client."""
        return self.admin_login.client()

    @cached_property
    def sales(self) -> OdooClient:
        """The salesperson's."""
        return self.sales_login.client()

    @property
    def version(self) -> int:
        """18 or 19."""
        return self.admin.version.major

    def user(self, name: str) -> tuple[int, str]:
        """A new salesperson: id and address."""
        login = f"{name}_{uuid.uuid4().hex[:6]}"
        made = make_sales_user(self.admin_login, login, with_key=False)
        found = self.admin.search("res.users", [("login", "=", made.username)])
        return found[0], self.admin.read("res.users", found, ["email"])[0]["email"]

    def lead(self, **values: Any) -> int:
        """A new lead that is nobody's."""
        made = {"name": f"lead {uuid.uuid4().hex[:8]}", "type": "lead", "user_id": False, **values}
        return self.admin.create("crm.lead", [made])[0]

    def stage(self, name: str) -> int:
        """The id of a stage."""
        return self.admin.search("crm.stage", [("name", "=", name)])[0]

    def wizard(self, client: OdooClient, lead_id: int, **values: Any) -> None:
        """Convert as a salesperson does, with the button and its form."""
        context = {"active_model": "crm.lead", "active_id": lead_id, "active_ids": [lead_id]}
        model = "crm.lead2opportunity.partner"
        made = client.create(model, [{"name": "convert", **values}], context=context)
        client.call(model, "action_apply", ids=made, context=context)


class Desk:
    """Both systems, one ledger, and the ports made of them."""

    def __init__(self, pardot: PardotSide, odoo: OdooSide, home: Path) -> None:
        self.pardot = pardot
        self.odoo = odoo
        self._home = home

    def ports(self, text: str) -> Ports:
        """What a batch under these rules may touch."""
        path = self._home / "rules.yaml"
        path.write_text(text, encoding="utf-8")
        named = _lower({**self.pardot.environment, **self.odoo.sales_login.environment()})
        home = {"pipeline_home": self._home, "pipeline_config": path}
        return build_ports(Settings(_env_file=None, **home, **named))

    def record(self, ports: Ports, lead_id: int) -> dict[str, Any]:
        """A lead as the pipeline's own reading shows it."""
        fields = lead_fields(ports.reference)
        row = ports.odoo.search_read("crm.lead", [("id", "=", lead_id)], fields, context=EVERYONE)[
            0
        ]
        return {
            name: value[0] if isinstance(value, list) and len(value) == 2 else value
            for name, value in row.items()
        }


class Follower:
    """One person whose deal is told to Pardot, batch by batch, as the centre does it."""

    def __init__(self, desk: Desk, ports: Ports, prospect_id: int, lead_id: int) -> None:
        self._desk = desk
        self._ports = ports
        self.prospect_id = prospect_id
        self.lead_id = lead_id
        self.pairs: dict[str, AgreedPair] = {}

    def plan(self, **more: Any) -> DealPlan:
        """What would be done now."""
        return Deals.of(self._ports).deal(
            self._desk.record(self._ports, self.lead_id), self.shown(), self.pairs, **more
        )

    def shown(self, *names: str) -> dict[str, Any]:
        """What Pardot shows of the deal."""
        fields = names or self._ports.rules.stages.prospect_fields or ("id",)
        return self._desk.pardot.client.get("prospects", self.prospect_id, fields)

    def batch(self, **more: Any) -> DealPlan:
        """Plan, write, remember; then a quiet batch must do nothing."""
        done = self._batch(**more)
        quiet = self.plan()
        assert not quiet.writes, quiet
        assert quiet.losers == ()
        return done

    def _batch(self, **more: Any) -> DealPlan:
        plan = self.plan(**more)
        self.remember(plan.pairs)
        if plan.writes:
            wish = ProspectWrite(
                "p",
                self.prospect_id,
                plan.values,
                add_to_lists=plan.add_to_lists,
                remove_from_lists=plan.remove_from_lists,
            )
            [result] = ProspectWriter(self._ports.pardot, read_back=()).apply([wish])
            assert result.status is ProspectStatus.WRITTEN, result
            after = confirmed(self._ports.rules, plan.pairs_after_pardot, result.values)
            self.remember({**plan.pairs, **after})
        return plan

    def remember(self, pairs: Mapping[str, Sequence[Any]]) -> None:
        """What the ledger keeps."""
        self.pairs = {key: AgreedPair(*halves) for key, halves in pairs.items()}
