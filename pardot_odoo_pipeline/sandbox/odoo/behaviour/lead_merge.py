"""Merging leads.

What lives here: `merge_opportunity` and its wizard. What does not: merging contacts
(`partner_merge.py`).
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.behaviour.tracking import post_note
from pardot_odoo_pipeline.sandbox.odoo.errors import user_error
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Behaviour, Env, as_json
from pardot_odoo_pipeline.sandbox.odoo.orm.read import read
from pardot_odoo_pipeline.sandbox.odoo.orm.unlink import unlink
from pardot_odoo_pipeline.sandbox.odoo.orm.write import require, write

__all__ = ["MERGE", "merge_opportunity", "merge_wizard"]

Row = dict[str, Any]
_FILLED = (
    *("partner_id", "campaign_id", "company_id", "country_id", "team_id", "state_id", "stage_id"),
    *("medium_id", "source_id", "user_id", "city", "contact_name", "date_deadline", "website"),
    *("expected_revenue", "email_cc", "partner_name", "function", "phone", "mobile", "street"),
    *("street2", "zip", "email_from", "lost_reason_id", "referred", "date_conversion", "color"),
)


def _rank(env: Env, row: Row) -> tuple[Any, ...]:
    sequence = env.value("SELECT sequence FROM crm_stage WHERE id = ?", (row["stage_id"],)) or 0
    return (
        row["type"] == "opportunity",
        bool(row["active"]),
        sequence,
        row["probability"] or 0.0,
        -row["id"],
    )


def merge_opportunity(
    env: Env,
    model: str,
    ids: list[int],
    user_id: Any = False,
    team_id: Any = False,
    auto_unlink: bool = True,
) -> Any:
    """Merge leads into the furthest one; what it lacks comes from the others, in their order."""
    require(env, model, ids)
    rows = sorted(env.records(model, ids).values(), key=lambda row: _rank(env, row), reverse=True)
    if len(rows) <= 1:
        raise user_error(
            "Please select more than one element (lead or opportunity) from the list view."
        )
    head, *tail = rows
    values: Row = {}
    for name in _FILLED:
        if name in head and not head[name]:
            found = next((row[name] for row in tail if row[name]), None)
            if found is not None:
                values[name] = found[:19] if name == "date_conversion" else found
    notes = [row["description"] for row in rows if row["description"]]
    if len(notes) > 1 or (notes and not head["description"]):
        values["description"] = "<br><br>".join(notes)
    if any(row["type"] == "opportunity" for row in rows) and head["type"] == "lead":
        values["type"] = "opportunity"
    if user_id:
        values["user_id"] = user_id
    if team_id:
        values["team_id"] = team_id
    others = [row["id"] for row in tail]
    env.run(
        "UPDATE mail_message SET res_id = ? WHERE model = 'crm.lead' "
        "AND res_id IN (SELECT value FROM json_each(?))",
        (head["id"], as_json(others)),
    )
    env.run(
        "INSERT OR IGNORE INTO rel_crm_lead_tag_ids SELECT ?, right_id FROM rel_crm_lead_tag_ids "
        "WHERE left_id IN (SELECT value FROM json_each(?))",
        (head["id"], as_json(others)),
    )
    post_note(env, model, [head["id"]], "Note", "<p>Merged: " + _titles(tail) + "</p>")
    # The others go first: an e-mail that both had must not be pushed while both are there.
    if auto_unlink:
        unlink(env.as_superuser(), model, others)
    write(env, model, [head["id"]], values)
    return [head["id"]] if env.version >= 19 else f"crm.lead({head['id']},)"


def _titles(rows: list[Row]) -> str:
    return ", ".join(str(row["name"]) for row in rows)


def merge_wizard(env: Env, model: str, ids: list[int]) -> Row:
    """`crm.merge.opportunity.action_merge`."""
    wizard = read(env, model, ids, plain=True)[0]
    merged = merge_opportunity(
        env, "crm.lead", wizard["opportunity_ids"], wizard["user_id"], wizard["team_id"]
    )
    kept = merged[0] if isinstance(merged, list) else int(merged.split("(")[1].rstrip(",)"))
    return {"type": "ir.actions.act_window", "res_model": "crm.lead", "res_id": kept}


def _defaults(env: Env) -> Row:
    chosen = env.context.get("active_ids") or []
    if env.context.get("active_model") == "crm.lead" and chosen:
        return {"opportunity_ids": [[6, 0, list(chosen)]]}
    return {}


MERGE = Behaviour(defaults=_defaults)
