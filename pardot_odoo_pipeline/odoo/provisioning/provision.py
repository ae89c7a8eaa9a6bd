"""Putting into Odoo what the synchronisation needs there, once, by an administrator.

What lives here: the order of the parts, and the Leads feature. What does not: comparing what is
there with what must be (`installation`, `field_installation`), what it is (`fields`,
`mapped_fields`, `views`, `activity_types`, `apply_action`, `consent_action`) and how it is told
(`report`).

It can be repeated at will, and after a crash anywhere: what is there already stays untouched, and
only what carries an external id of ours is ever changed.
"""

from __future__ import annotations

from collections.abc import Sequence

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.odoo.apply_action.protocol import (
    ACTION_EXTERNAL_NAME,
    ACTION_GROUP,
    ACTION_NAME,
    BINDING_MODEL,
    BINDING_VIEW,
    action_code,
)
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.consent_action.protocol import (
    CONSENT_EXTERNAL_NAME,
    CONSENT_NAME,
    consent_code,
)
from pardot_odoo_pipeline.odoo.person_writes import LEAD
from pardot_odoo_pipeline.odoo.provisioning.activity_types import install_activity_types
from pardot_odoo_pipeline.odoo.provisioning.field_installation import install_fields
from pardot_odoo_pipeline.odoo.provisioning.fields import FIELDS, FieldSpec
from pardot_odoo_pipeline.odoo.provisioning.installation import Installation
from pardot_odoo_pipeline.odoo.provisioning.report import Outcome, ProvisionReport
from pardot_odoo_pipeline.odoo.provisioning.views import VIEWS, ViewSpec

__all__ = ["provision"]

_EVERYBODY, _LEADS_GROUP = "base.group_user", "crm.group_use_lead"
_LEADS_SETTING = "CRM > Configuration > Settings > Leads"
_LEADS_REASON = "while it is off, Odoo hides leads from salespeople"


def provision(
    client: OdooClient, *, mapped: Sequence[FieldSpec] = (), dry_run: bool = False
) -> ProvisionReport:
    """See that fields, defaults, both actions, views and the Leads feature are in Odoo.

    Args:
        client: A connection of an administrator ("Administration: Settings").
        mapped: Fields that the rules name beyond those that are always there.
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
    run = Installation(client, dry_run=dry_run)
    install_fields(run, (*FIELDS, *mapped))
    _action(run, ACTION_NAME, ACTION_EXTERNAL_NAME, action_code())
    _action(run, CONSENT_NAME, CONSENT_EXTERNAL_NAME, consent_code())
    install_activity_types(run)
    for view in VIEWS:
        _view(run, view)
    _leads_setting(run)
    return ProvisionReport(tuple(run.steps), dry_run)


def _action(run: Installation, name: str, external_name: str, code: str) -> None:
    """An action of ours, at this version of its protocol, for the group that synchronises."""
    groups = "group_ids" if run.client.version.major >= 19 else "groups_id"
    columns = {
        "name": name,
        "state": "code",
        "code": code.strip(),
        "model_id/.id": str(run.models[LEAD]),
        "binding_model_id/.id": str(run.models[BINDING_MODEL]),
        "binding_view_types": BINDING_VIEW,
        f"{groups}/.id": str(run.group_id(ACTION_GROUP)),
    }
    run.install("action", name, "ir.actions.server", external_name, columns)


def _view(run: Installation, spec: ViewSpec) -> None:
    """One extension of a view of Odoo's."""
    columns = {
        "name": spec.name,
        "model": spec.model,
        "mode": "extension",
        "inherit_id/id": spec.parent,
        "arch_base": spec.arch,
        "priority": "90",
    }
    run.install("view", spec.parent, "ir.ui.view", spec.external_name, columns)


def _leads_setting(run: Installation) -> None:
    """The Leads feature: everybody gets the group that shows leads.

    This is what the box in the settings does to be seen. Saving the whole form would also
    write every other setting, and turn what teams receive by mail into leads.
    """
    everybody, shown = run.group_id(_EVERYBODY), run.group_id(_LEADS_GROUP)
    implied = run.client.read("res.groups", [everybody], ["implied_ids"])[0]["implied_ids"]
    if shown in implied:
        run.step("setting", _LEADS_SETTING, Outcome.EXISTS)
        return
    if not run.dry_run:
        run.client.write("res.groups", [everybody], {"implied_ids": [[4, shown, 0]]})
    run.step("setting", _LEADS_SETTING, Outcome.CREATED, _LEADS_REASON)
