"""One run of provisioning: what is there, what was done, and how a record is put there.

What lives here: the state that the parts of provisioning share, and creating or updating a record
under an external id of ours. What does not: which things there must be (`fields`, `views`, …).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pardot_odoo_pipeline.odoo.apply_action.protocol import BINDING_MODEL, EXTERNAL_MODULE
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.person_writes import LEAD, PARTNER
from pardot_odoo_pipeline.odoo.provisioning.report import Outcome, ProvisionStep

__all__ = ["QUIET", "Installation"]

QUIET: dict[str, Any] = {"lang": "en_US", "tracking_disable": True, "active_test": False}
"""Context of every call: names in English, nobody told, archived records included."""

_PEOPLE = (LEAD, PARTNER)


class Installation:
    """What the parts of one run share.

    Attributes:
        client: An administrator's connection.
        dry_run: Only tell what would be done.
        steps: What was done so far, or would be.
        owned: Name of each external id of ours that is not a person's, to the record's id.
        models: Model to the id of its `ir.model`.
    """

    def __init__(self, client: OdooClient, *, dry_run: bool) -> None:
        self.client = client
        self.dry_run = dry_run
        self.steps: list[ProvisionStep] = []
        rows = client.search_read(
            "ir.model.data",
            [["module", "=", EXTERNAL_MODULE], ["model", "not in", list(_PEOPLE)]],
            ["name", "res_id"],
        )
        self.owned = {row["name"]: row["res_id"] for row in rows}
        wanted = [*_PEOPLE, BINDING_MODEL]
        rows = client.search_read("ir.model", [["model", "in", wanted]], ["model"])
        self.models = {row["model"]: row["id"] for row in rows}

    def step(self, kind: str, name: str, outcome: Outcome, reason: str = "") -> None:
        """Note what became of one thing."""
        self.steps.append(ProvisionStep(kind, name, outcome, reason))

    def group_id(self, group: str) -> int:
        """The id of a group of Odoo's own, by its external id."""
        module, _, name = group.partition(".")
        domain = [["module", "=", module], ["name", "=", name]]
        return int(self.client.search_read("ir.model.data", domain, ["res_id"])[0]["res_id"])

    def install(
        self, kind: str, name: str, model: str, external_name: str, columns: Mapping[str, str]
    ) -> None:
        """Create or update a record by its external id, in one transaction with that id.

        Args:
            kind: What the report calls it.
            name: Which one it is in the report.
            model: The record's model.
            external_name: Its external id in our module.
            columns: Columns and values as `load()` takes them.
        """
        outcome, reason = Outcome.CREATED, ""
        if external_name in self.owned:
            stale = self._stale(model, self.owned[external_name], columns)
            outcome = Outcome.CHANGED if stale else Outcome.EXISTS
            reason = ", ".join(stale)
        if outcome is not Outcome.EXISTS and not self.dry_run:
            row = [f"{EXTERNAL_MODULE}.{external_name}", *columns.values()]
            answer = self.client.load(model, ["id", *columns], [row], context=QUIET)
            if not answer["ids"]:
                outcome, reason = Outcome.REFUSED, _first_words(answer["messages"])
        self.step(kind, name, outcome, reason)

    def _stale(self, model: str, record_id: int, columns: Mapping[str, str]) -> list[str]:
        """Names of the fields that are not what they must be; all when the record is gone."""
        names = {column.partition("/")[0]: value for column, value in columns.items()}
        rows = self.client.read(model, [record_id], list(names), context=QUIET)
        if not rows:
            return list(names)
        # What is named by its external id is a parent and never changes; the rest compares as text.
        fixed = {column.partition("/")[0] for column in columns if column.endswith("/id")}
        return [
            name
            for name, value in names.items()
            if name not in fixed and _as_text(rows[0][name]) != _as_text(value)
        ]


def _as_text(value: Any) -> str:
    """A value as it is written in `load()`, whatever its white space."""
    if isinstance(value, list | tuple):
        # Of a many2one the id comes with the name, of a many2many there are ids alone.
        numbers = [one for one in value if isinstance(one, int)]
        value = ",".join(map(str, sorted(numbers)))
    return "".join(str(value or "").split())


def _first_words(messages: Sequence[Mapping[str, Any]]) -> str:
    """Odoo's first complaint. It tells of views and code of ours, never of a person."""
    for message in messages:
        if message.get("type") == "error":
            return " ".join(str(message.get("message", "")).split())[:300]
    return "Odoo refuses it without a reason"
