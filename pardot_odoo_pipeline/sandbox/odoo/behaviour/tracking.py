"""What the chatter of a record notes by itself.

What lives here: messages about creation and about tracked changes. What does not: messages that
someone posts (`messages.py`).
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env

__all__ = ["author_of", "log_creation", "log_lead_changes", "post_note", "subtype"]

Row = dict[str, Any]
_TRACKED = ("stage_id", "active", "lost_reason_id", "user_id", "team_id", "type", "won_status")


def author_of(env: Env) -> int | None:
    """The calling user's own contact."""
    found: int | None = env.value("SELECT partner_id FROM res_users WHERE id = ?", (env.uid,))
    return found


def subtype(env: Env, name: str) -> int | None:
    """A message subtype by its name."""
    key = ("subtype", name)
    if key not in env.cache:
        env.cache[key] = env.value("SELECT id FROM mail_message_subtype WHERE name = ?", (name,))
    found: int | None = env.cache[key]
    return found


def post_note(env: Env, model: str, ids: list[int], kind: str, body: str = "") -> list[int]:
    """Write one automatic message for each record."""
    from pardot_odoo_pipeline.sandbox.odoo.orm.create import insert

    author = author_of(env)
    rows = [
        {
            "model": model,
            "res_id": number,
            "body": body,
            "message_type": "notification",
            "subtype_id": subtype(env, kind),
            "date": env.now,
            "author_id": author,
        }
        for number in ids
    ]
    return insert(env, env.model("mail.message"), rows)


def log_creation(env: Env, model: str, ids: list[int]) -> None:
    """Note that records were made, unless the context asks for silence."""
    if env.context.get("tracking_disable") or env.context.get("mail_create_nolog"):
        return
    body, kind = {
        "crm.lead": ("", "Opportunity Created"),
        "res.partner": ("<p>Contact created</p>", "Note"),
    }[model]
    post_note(env, model, ids, kind, body)


def log_lead_changes(env: Env, current: dict[int, Row], changes: dict[int, Row]) -> None:
    """Note what happened to a lead's stage and outcome."""
    if env.context.get("tracking_disable") or env.context.get("mail_notrack"):
        return
    for number, row in changes.items():
        kind = _event(env, current[number], row)
        if kind is None:
            continue
        message = post_note(env, "crm.lead", [number], kind)[0]
        for name in _TRACKED:
            if name in row and row[name] != current[number][name]:
                _track(env, message, name, current[number][name], row[name])


def _event(env: Env, old: Row, row: Row) -> str | None:
    if "active" in row and bool(row["active"]) != bool(old["active"]):
        if row["active"]:
            return "Opportunity Restored"
        return "Opportunity Lost" if row.get("probability", 1) == 0 else None
    if "stage_id" in row and row["stage_id"] != old["stage_id"]:
        return "Opportunity Won" if row.get("probability") == 100.0 else "Stage Changed"
    if any(n in row and row[n] != old[n] for n in ("user_id", "type")):
        return "Note"
    return None


def _track(env: Env, message: int, name: str, old: Any, new: Any) -> None:
    from pardot_odoo_pipeline.sandbox.odoo.orm.create import insert
    from pardot_odoo_pipeline.sandbox.odoo.orm.read import display_names

    field = env.model("crm.lead").fields[name]
    values: Row = {
        "mail_message_id": message,
        "field_id": env.value(
            "SELECT id FROM ir_model_fields WHERE model = 'crm.lead' AND name = ?", (name,)
        ),
    }
    if field.type == "many2one":
        names = display_names(env, field.relation, [old, new])
        values["old_value_integer"], values["new_value_integer"] = old or 0, new or 0
        values["old_value_char"], values["new_value_char"] = names.get(old, ""), names.get(new, "")
    elif field.type == "boolean":
        values["old_value_integer"], values["new_value_integer"] = int(bool(old)), int(bool(new))
    else:
        labels = dict(field.selection)
        values["old_value_char"], values["new_value_char"] = (
            labels.get(old, ""),
            labels.get(new, ""),
        )
    insert(env, env.model("mail.tracking.value"), [values])
