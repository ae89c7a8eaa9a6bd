"""Merging contacts.

What lives here: `base.partner.merge.automatic.wizard` as far as chosen contacts go. What does not:
its search for duplicates.
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.errors import user_error
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Behaviour, Env, as_json
from pardot_odoo_pipeline.sandbox.odoo.orm.read import read
from pardot_odoo_pipeline.sandbox.odoo.orm.unlink import unlink
from pardot_odoo_pipeline.sandbox.odoo.orm.write import write

__all__ = ["PARTNER_MERGE", "action_merge"]

Row = dict[str, Any]
_FILLED = (
    *("email", "phone", "website", "function", "street", "street2", "city", "zip", "state_id"),
    *("country_id", "company_name", "vat", "ref", "industry_id", "user_id", "parent_id", "comment"),
)


def _defaults(env: Env) -> Row:
    values: Row = {"state": "option"}
    chosen = env.context.get("active_ids") or []
    if env.context.get("active_model") == "res.partner" and chosen:
        values |= {
            "state": "selection",
            "partner_ids": [[6, 0, list(chosen)]],
            "dst_partner_id": chosen[-1],
        }
    return values


def action_merge(env: Env, model: str, ids: list[int]) -> Row:
    """Merge the chosen contacts into the destination: links follow, blanks are filled."""
    wizard = read(env.with_context(active_test=False), model, ids, plain=True)[0]
    chosen = wizard["partner_ids"]
    if len(chosen) > 3:
        raise user_error(
            "For safety reasons, you cannot merge more than 3 contacts together. You can re-open "
            "the wizard several times if needed."
        )
    kept = wizard["dst_partner_id"] or (chosen[-1] if chosen else 0)
    rows = env.records("res.partner", chosen)
    mails = {row["email"] for row in rows.values() if row["email"]}
    if len(mails) > 1 and not env.sudo and env.uid != 1 and env.uid != 2:
        raise user_error("All contacts must have the same email.")
    others = [number for number in chosen if number != kept]
    if others:
        _move_links(env, others, kept)
        head = rows[kept]
        filled = {}
        for name in _FILLED:
            if not head[name]:
                value = next((rows[o][name] for o in others if rows[o][name]), None)
                if value and value != kept:
                    filled[name] = value
        unlink(env.as_superuser(), "res.partner", others)
        write(env, "res.partner", [kept], filled)
    return {"type": "ir.actions.act_window", "res_model": "res.partner", "res_id": kept}


def _move_links(env: Env, others: list[int], kept: int) -> None:
    given = as_json(others)
    inside = "(SELECT value FROM json_each(?))"
    for model in env.registry:
        for field in model.columns.values():
            if field.type == "many2one" and field.relation == "res.partner":
                itself = kept if model.name == "res.partner" else -1
                column = f'"{field.name}"'
                env.run(
                    f'UPDATE "{model.table}" SET {column} = ? '
                    f"WHERE {column} IN {inside} AND id != ?",
                    (kept, given, itself),
                )
    env.run(
        f"UPDATE mail_message SET res_id = ? WHERE model = 'res.partner' AND res_id IN {inside}",
        (kept, given),
    )
    # External ids of the losers then name the winner, as Odoo leaves them.
    env.run(
        f"UPDATE ir_model_data SET res_id = ? WHERE model = 'res.partner' AND res_id IN {inside}",
        (kept, given),
    )


PARTNER_MERGE = Behaviour(defaults=_defaults)
