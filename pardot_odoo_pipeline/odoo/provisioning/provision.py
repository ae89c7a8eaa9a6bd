"""Putting into Odoo what the synchronisation needs there, once, by an administrator.

What lives here: comparing what is there with what must be, and creating or changing only what
carries an external id of ours (or is missing). What does not: what it is (`fields`, `views`,
`apply_action`) and how it is told (`report`).

It can be repeated at will, and after a crash anywhere: what is there already stays untouched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.odoo.apply_action.protocol import (
    ACTION_EXTERNAL_NAME,
    ACTION_GROUP,
    ACTION_NAME,
    BINDING_MODEL,
    BINDING_VIEW,
    EXTERNAL_MODULE,
    action_code,
)
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.provisioning.fields import FIELDS, FieldSpec, creation_values
from pardot_odoo_pipeline.odoo.provisioning.report import Outcome, ProvisionReport, ProvisionStep
from pardot_odoo_pipeline.odoo.provisioning.views import VIEWS, ViewSpec

__all__ = ["provision"]

_LEAD = "crm.lead"
_NUMBERS = ("x_pardot_score", "x_pardot_grade_rank")
# Set last, after old leads got their zeros: while it is missing, that has not been done.
_LAST_DEFAULT = (_LEAD, "x_pardot_grade_rank")
_QUIET = {"lang": "en_US", "tracking_disable": True, "active_test": False}
_LEADS_A_CALL = 2000
_EVERYBODY, _LEADS_GROUP = "base.group_user", "crm.group_use_lead"
_LEADS_SETTING = "CRM > Configuration > Settings > Leads"
_LEADS_REASON = "while it is off, Odoo hides leads from salespeople"


def provision(client: OdooClient, *, dry_run: bool = False) -> ProvisionReport:
    """See that fields, defaults, the apply action, views and the Leads feature are in Odoo.

    Args:
        client: A connection of an administrator ("Administration: Settings").
        dry_run: Only tell what would be done.

    Raises:
        ConfigurationError: CRM is not installed, or the user is no administrator.
    """
    _ = client.version  # refuses a server without CRM, or too old
    if not client.call(
        "res.users", "has_group", ids=[client.uid], group_ext_id="base.group_system"
    ):
        raise ConfigurationError(
            "The Odoo user may not add fields, views and server actions",
            fix="Run provisioning as a user with the right Administration: Settings, or give it to "
            "this user for as long as it takes; the synchronisation itself does not need it",
            code="not_administrator",
        )
    installation = _Installation(client, dry_run=dry_run)
    installation.fields()
    installation.defaults()
    installation.action()
    for view in VIEWS:
        installation.view(view)
    installation.leads_setting()
    return ProvisionReport(tuple(installation.steps), dry_run)


class _Installation:
    """One run of provisioning."""

    def __init__(self, client: OdooClient, *, dry_run: bool) -> None:
        self.client = client
        self.dry_run = dry_run
        self.steps: list[ProvisionStep] = []
        names = [field.external_name for field in FIELDS]
        names += [ACTION_EXTERNAL_NAME, *(view.external_name for view in VIEWS)]
        rows = client.search_read(
            "ir.model.data",
            [["module", "=", EXTERNAL_MODULE], ["name", "in", names]],
            ["name", "res_id"],
        )
        self.owned = {row["name"]: row["res_id"] for row in rows}
        wanted = sorted({spec.model for spec in FIELDS} | {BINDING_MODEL})
        rows = client.search_read("ir.model", [["model", "in", wanted]], ["model"])
        self.models = {row["model"]: row["id"] for row in rows}

    def _step(self, kind: str, name: str, outcome: Outcome, reason: str = "") -> None:
        self.steps.append(ProvisionStep(kind, name, outcome, reason))

    def fields(self) -> None:
        """Fields: all missing ones in one call, because each call rebuilds Odoo's registry."""
        found = self._found_fields()
        missing = [spec for spec in FIELDS if (spec.model, spec.name) not in found]
        if missing and not self.dry_run:
            values = [creation_values(spec, self.models[spec.model]) for spec in missing]
            ids = self.client.create("ir.model.fields", values, context=_QUIET)
            entries = [
                {
                    "module": EXTERNAL_MODULE,
                    "name": spec.external_name,
                    "model": "ir.model.fields",
                    "res_id": field_id,
                    "noupdate": True,
                }
                for spec, field_id in zip(missing, ids, strict=True)
            ]
            self.client.create("ir.model.data", entries)
        for spec in FIELDS:
            name = f"{spec.model}.{spec.name}"
            if spec in missing:
                self._step("field", name, Outcome.CREATED)
            else:
                self._step("field", name, *self._kept_field(spec, found[spec.model, spec.name]))

    def _found_fields(self) -> dict[tuple[str, str], dict[str, Any]]:
        rows = self.client.search_read(
            "ir.model.fields",
            [["model", "in", list(self.models)], ["name", "in", [spec.name for spec in FIELDS]]],
            ["model", "name", "ttype", "field_description", "help", "index", "compute", "depends"],
            context=_QUIET,
        )
        return {(row["model"], row["name"]): row for row in rows}

    def _kept_field(self, spec: FieldSpec, row: Mapping[str, Any]) -> tuple[Outcome, str]:
        """Bring a field of ours up to date; leave a stranger's alone."""
        if row["ttype"] != spec.kind:
            return Outcome.REFUSED, f"a field of this name is there, of type {row['ttype']}"
        keys = self.client.search_read(
            "ir.model.fields.selection", [["field_id", "=", row["id"]]], ["value"]
        )
        known = {key["value"] for key in keys}
        absent = [
            (key, label, n) for n, (key, label) in enumerate(spec.selection) if key not in known
        ]
        wanted: dict[str, Any] = {"field_description": spec.label, "help": spec.help}
        wanted |= {"index": spec.index, "compute": spec.compute, "depends": spec.depends}
        changes = {name: new for name, new in wanted.items() if (row[name] or "") != (new or "")}
        if not changes and not absent:
            return Outcome.EXISTS, ""
        if spec.external_name not in self.owned:
            if absent:
                values = ", ".join(label for _, label, _ in absent)
                return Outcome.REFUSED, f"a field of this name is there, without {values}"
            return Outcome.EXISTS, ""
        if not self.dry_run:
            if changes:
                self.client.write("ir.model.fields", [row["id"]], changes, context=_QUIET)
            if absent:
                self.client.create(
                    "ir.model.fields.selection",
                    [
                        {"field_id": row["id"], "value": key, "name": label, "sequence": n}
                        for key, label, n in absent
                    ],
                    context=_QUIET,
                )
        return Outcome.CHANGED, ", ".join([*changes, *(label for _, label, _ in absent)])

    def _fill_numbers(self) -> None:
        """Give leads that were there a zero: empty would sort above the highest score."""
        ids = self.client.search(_LEAD, [], context=_QUIET)
        if not ids:
            return
        if not self.dry_run:
            for start in range(0, len(ids), _LEADS_A_CALL):
                part = ids[start : start + _LEADS_A_CALL]
                self.client.write(_LEAD, part, dict.fromkeys(_NUMBERS, 0), context=_QUIET)
        self._step("values", _LEAD, Outcome.CHANGED, f"{len(ids)} leads got a score of 0")

    def defaults(self) -> None:
        """Records made in Odoo begin with zero, for the same reason."""
        rows = self.client.search_read(
            "ir.default",
            [
                ["field_id.model", "in", list(self.models)],
                ["field_id.name", "in", list(_NUMBERS)],
                ["user_id", "=", False],
                ["company_id", "=", False],
                ["condition", "=", False],
            ],
            ["field_id", "json_value"],
        )
        refs = {row["field_id"][0] for row in rows}
        ids = {key: row["id"] for key, row in self._found_fields().items()}
        for spec in FIELDS:
            if spec.name not in _NUMBERS:
                continue
            name = f"{spec.model}.{spec.name} = 0"
            if ids.get((spec.model, spec.name)) in refs:
                self._step("default", name, Outcome.EXISTS)
                continue
            if (spec.model, spec.name) == _LAST_DEFAULT:
                self._fill_numbers()
            if not self.dry_run:
                self.client.call(
                    "ir.default", "set", model_name=spec.model, field_name=spec.name, value=0
                )
            self._step("default", name, Outcome.CREATED)

    def action(self) -> None:
        """The apply action, at this version of its protocol."""
        groups = "group_ids" if self.client.version.major >= 19 else "groups_id"
        columns = {
            "name": ACTION_NAME,
            "state": "code",
            "code": action_code().strip(),
            "model_id/.id": str(self.models[_LEAD]),
            "binding_model_id/.id": str(self.models[BINDING_MODEL]),
            "binding_view_types": BINDING_VIEW,
            f"{groups}/.id": str(self._group_id(ACTION_GROUP)),
        }
        self._install("action", ACTION_NAME, "ir.actions.server", ACTION_EXTERNAL_NAME, columns)

    def _group_id(self, group: str) -> int:
        module, _, name = group.partition(".")
        domain = [["module", "=", module], ["name", "=", name]]
        return int(self.client.search_read("ir.model.data", domain, ["res_id"])[0]["res_id"])

    def leads_setting(self) -> None:
        """The Leads feature: everybody gets the group that shows leads.

        This is what the box in the settings does to be seen. Saving the whole form would also
        write every other setting, and turn what teams receive by mail into leads.
        """
        everybody, shown = self._group_id(_EVERYBODY), self._group_id(_LEADS_GROUP)
        implied = self.client.read("res.groups", [everybody], ["implied_ids"])[0]["implied_ids"]
        if shown in implied:
            self._step("setting", _LEADS_SETTING, Outcome.EXISTS)
            return
        if not self.dry_run:
            self.client.write("res.groups", [everybody], {"implied_ids": [[4, shown, 0]]})
        self._step("setting", _LEADS_SETTING, Outcome.CREATED, _LEADS_REASON)

    def view(self, spec: ViewSpec) -> None:
        """One extension of a view of CRM's."""
        columns = {
            "name": spec.name,
            "model": _LEAD,
            "mode": "extension",
            "inherit_id/id": spec.parent,
            "arch_base": spec.arch,
            "priority": "90",
        }
        self._install("view", spec.parent, "ir.ui.view", spec.external_name, columns)

    def _install(
        self, kind: str, name: str, model: str, external_name: str, columns: Mapping[str, str]
    ) -> None:
        """Create or update a record by its external id, in one transaction with that id."""
        outcome, reason = Outcome.CREATED, ""
        if external_name in self.owned:
            stale = self._stale(model, self.owned[external_name], columns)
            outcome = Outcome.CHANGED if stale else Outcome.EXISTS
            reason = ", ".join(stale)
        if outcome is not Outcome.EXISTS and not self.dry_run:
            row = [f"{EXTERNAL_MODULE}.{external_name}", *columns.values()]
            answer = self.client.load(model, ["id", *columns], [row], context=_QUIET)
            if not answer["ids"]:
                outcome, reason = Outcome.REFUSED, _first_words(answer["messages"])
        self._step(kind, name, outcome, reason)

    def _stale(self, model: str, record_id: int, columns: Mapping[str, str]) -> list[str]:
        """Names of the fields that are not what they must be; all when the record is gone."""
        names = {column.partition("/")[0]: value for column, value in columns.items()}
        rows = self.client.read(model, [record_id], list(names), context=_QUIET)
        if not rows:
            return list(names)
        # A parent is named by its external id and never changes; the rest compares as text.
        return [
            name
            for name, value in names.items()
            if name != "inherit_id" and _as_text(rows[0][name]) != _as_text(value)
        ]


def _as_text(value: Any) -> str:
    """A value as it is written in `load()`, whatever its white space."""
    if isinstance(value, list | tuple):
        # many2one: [id, name]; many2many with one element: [id]
        value = value[0] if value else ""
    return "".join(str(value or "").split())


def _first_words(messages: Sequence[Mapping[str, Any]]) -> str:
    """Odoo's first complaint. It tells of views and code of ours, never of a person."""
    for message in messages:
        if message.get("type") == "error":
            return " ".join(str(message.get("message", "")).split())[:300]
    return "Odoo refuses it without a reason"
