"""Removing records.

What lives here: `unlink` and what goes, or stays empty, with a record. What does not: archiving,
which is a write.
"""

from __future__ import annotations

from pardot_odoo_pipeline.sandbox.odoo.access import check_access, check_records
from pardot_odoo_pipeline.sandbox.odoo.errors import validation_error
from pardot_odoo_pipeline.sandbox.odoo.orm.automation import watch_unlink
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env, as_json
from pardot_odoo_pipeline.sandbox.odoo.orm.write import require

__all__ = ["unlink"]

# Links that go with their target, or that forbid its removal; any other link is emptied.
_CASCADE = frozenset(
    {
        ("ir.model.fields.selection", "field_id"),
        ("mail.tracking.value", "mail_message_id"),
        ("res.country.state", "country_id"),
        ("ir.ui.view", "inherit_id"),
        ("ir.default", "field_id"),
        ("ir.actions.server", "base_automation_id"),
    }
)
_RESTRICT = frozenset({("crm.lead", "stage_id"), ("res.users", "partner_id")})


def unlink(env: Env, model: str, ids: list[int]) -> bool:
    """Remove records together with their messages, activities and external ids; all or none."""
    check_access(env, model, "unlink")
    if not ids:
        return True
    require(env, model, ids)
    check_records(env, model, ids)
    watch_unlink(env, model, ids)
    env.behaviour(model).deleting(env, ids)
    inside = "(SELECT value FROM json_each(?))"
    given = as_json(ids)
    for other in env.registry:
        for field in other.fields.values():
            if field.relation != model:
                continue
            place = (other.name, field.name)
            if field.has_column and field.type == "many2one":
                where = f'"{field.name}" IN {inside}'
                if place in _CASCADE:
                    gone = [
                        r[0]
                        for r in env.rows(f'SELECT id FROM "{other.table}" WHERE {where}', (given,))
                    ]
                    unlink(env.as_superuser(), other.name, gone)
                elif place in _RESTRICT or field.required:
                    if env.value(f'SELECT 1 FROM "{other.table}" WHERE {where} LIMIT 1', (given,)):
                        raise validation_error(
                            "Another model is using the record you are trying to delete.\n\n"
                            f"The troublemaker is: '{other.label}' ({other.name})\n"
                            "Thanks to the following constraint: "
                            f"'{field.label}' ({field.name})\n"
                            "How about archiving the record instead?"
                        )
                else:
                    env.run(
                        f'UPDATE "{other.table}" SET "{field.name}" = NULL WHERE {where}', (given,)
                    )
            elif field.type == "many2many" and field.store and not field.inverse:
                table, _, right = env.registry.link_table(other, field)
                env.run(f"DELETE FROM {table} WHERE {right} IN {inside}", (given,))
    m = env.model(model)
    for field in m.fields.values():
        if field.type == "many2many" and field.store and not field.inverse:
            table, left, _ = env.registry.link_table(m, field)
            env.run(f"DELETE FROM {table} WHERE {left} IN {inside}", (given,))
    env.run(f"DELETE FROM mail_message WHERE model = ? AND res_id IN {inside}", (model, given))
    env.run(f"DELETE FROM mail_activity WHERE res_model = ? AND res_id IN {inside}", (model, given))
    env.run(f"DELETE FROM ir_model_data WHERE model = ? AND res_id IN {inside}", (model, given))
    env.run(f'DELETE FROM "{m.table}" WHERE id IN {inside}', (given,))
    env.cache.clear()
    return True
