"""What people do with a lead: win, lose, restore, convert.

What lives here: those methods. What does not: the columns that follow (`lead_fields.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.errors import attribute_error
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env
from pardot_odoo_pipeline.sandbox.odoo.orm.write import require, write

__all__ = [
    "action_set_lost",
    "action_set_won",
    "action_unarchive",
    "allocate",
    "convert_leads",
    "convert_opportunity",
    "toggle_active",
]

Row = dict[str, Any]


def action_set_won(env: Env, model: str, ids: list[int]) -> bool:
    """Move leads to the first stage that means won."""
    require(env, model, ids)
    stage = env.value("SELECT id FROM crm_stage WHERE is_won = 1 ORDER BY sequence, id")
    write(env, model, ids, {"active": True, "stage_id": stage, "probability": 100})
    return True


def action_set_lost(env: Env, model: str, ids: list[int], **values: Any) -> bool | None:
    """Archive leads as lost, with further values such as the reason."""
    require(env, model, ids)
    write(env, model, ids, {**values, "active": False, "probability": 0})
    return True if env.version < 19 else None


def action_unarchive(env: Env, model: str, ids: list[int]) -> None:
    """Bring archived leads back, without their reason."""
    require(env, model, ids)
    archived = [n for n, row in env.records(model, ids).items() if not row["active"]]
    if archived:
        write(env, model, archived, {"active": True, "lost_reason_id": False, "date_closed": False})


def toggle_active(env: Env, model: str, ids: list[int]) -> None:
    """Archive the active ones and restore the others."""
    active = [n for n, row in env.records(model, ids).items() if row["active"]]
    action_unarchive(env, model, [n for n in ids if n not in active])
    if active:
        write(env, model, active, {"active": False})


def convert_opportunity(
    env: Env,
    model: str,
    ids: list[int],
    partner: Any,
    user_ids: list[int] | bool = False,
    team_id: int | bool = False,
) -> bool:
    """Make opportunities of leads, on request with owners and a team.

    ``partner`` is a record, which no caller from outside can name: an id is an error, and False
    takes the contact off a lead that has one.
    """
    require(env, model, ids)
    if partner:
        raise attribute_error(f"{type(partner).__name__!r} object has no attribute 'id'")
    contacts = dict.fromkeys(ids)
    convert_leads(env, model, contacts)
    owners = list(user_ids) if isinstance(user_ids, list | tuple) else []
    allocate(env, model, ids, owners, team_id or None)
    return True


def convert_leads(env: Env, model: str, contacts: Mapping[int, int | None]) -> None:
    """Make opportunities of leads, each with the contact given."""
    for number, row in env.records(model, contacts).items():
        if not row["active"] or row.get("won_status") == "won":
            continue
        values: Row = {"type": "opportunity", "date_conversion": env.now[:19]}
        if row["partner_id"] != contacts[number]:
            values["partner_id"] = contacts[number] or False
        write(env, model, [number], values)


def allocate(
    env: Env, model: str, ids: Sequence[int], owners: Sequence[int | None], team_id: int | None
) -> None:
    """Give leads to owners in turn, nobody included, and to a team."""
    values: Row = {"team_id": team_id} if team_id else {}
    for position, owner in enumerate(owners):
        some = list(ids[position :: len(owners)])
        if some:
            write(env, model, some, {**values, "user_id": owner or False})
    if not owners and values:
        write(env, model, list(ids), values)
