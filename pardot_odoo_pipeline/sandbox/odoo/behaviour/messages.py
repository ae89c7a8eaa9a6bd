"""Messages and activities.

What lives here: `mail.message`, `mail.activity`, posting, scheduling and finishing. What does not:
what the chatter notes by itself (`tracking.py`), sending mail, which the sandbox never does.
"""

from __future__ import annotations

import html
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.behaviour.tracking import author_of, post_note, subtype
from pardot_odoo_pipeline.sandbox.odoo.errors import user_error, validation_error, value_error
from pardot_odoo_pipeline.sandbox.odoo.orm.create import create
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Behaviour, Env, as_json
from pardot_odoo_pipeline.sandbox.odoo.orm.unlink import unlink
from pardot_odoo_pipeline.sandbox.odoo.orm.write import require, write

__all__ = [
    "ACTIVITIES",
    "ACTIVITY_TYPES",
    "MESSAGES",
    "action_done",
    "action_feedback",
    "activity_schedule",
    "message_post",
]

Row = dict[str, Any]


def _message_defaults(env: Env) -> Row:
    return {
        "message_type": "comment",
        "date": env.now[:19],
        "author_id": author_of(env),
    }


def _message_completing(env: Env, rows: list[Row], given: list[Row]) -> None:
    about: dict[str, set[int]] = {}
    for row in rows:
        if row.get("model") in env.registry and row.get("res_id"):
            about.setdefault(row["model"], set()).add(row["res_id"])
    for model, numbers in about.items():
        require(env, model, sorted(numbers))


def _activity_defaults(env: Env) -> Row:
    values: Row = {"date_deadline": env.now[:10]}
    if env.version < 19 or not env.context.get("mail_activity_quick_update"):
        values["user_id"] = env.uid
    return values


def _activity_completing(env: Env, rows: list[Row], given: list[Row]) -> None:
    models = dict(env.rows("SELECT id, model FROM ir_model"))
    # Only a default fills in the id; a model that is named in the values does not.
    meant = env.context.get("default_res_model")
    by_default = next((number for number, name in models.items() if name == meant), None)
    for row in rows:
        row["res_model_id"] = row.get("res_model_id") or by_default
        if not row.get("res_model_id"):
            if env.version < 19:
                raise validation_error(
                    "Missing required value for the field 'Document Model' (res_model_id)."
                )
            raise user_error("Activities have to be linked to records with a not null res_id.")
        row["res_model"] = models.get(row["res_model_id"])
        if not row.get("res_id"):
            raise user_error("Activities have to be linked to records with a not null res_id.")
        if not row.get("active") and not row.get("date_done"):
            row["date_done"] = env.now[:10]
        row["res_name"] = _name_of(env, row["res_model"], row["res_id"])


def _name_of(env: Env, model: str | None, number: int) -> str | None:
    from pardot_odoo_pipeline.sandbox.odoo.orm.read import display_names

    if model not in env.registry:
        return None
    return display_names(env, str(model), [number]).get(number)


def _states(env: Env, ids: list[int]) -> dict[int, Any]:
    today = env.now[:10]
    told = {}
    for number, active, deadline in env.rows(
        "SELECT id, active, date_deadline FROM mail_activity "
        "WHERE id IN (SELECT value FROM json_each(?))",
        (as_json(ids),),
    ):
        if not active:
            told[number] = "done"
        else:
            told[number] = (
                "today" if deadline == today else "overdue" if deadline < today else "planned"
            )
    return told


def message_post(
    env: Env,
    model: str,
    ids: list[int],
    body: str = "",
    subject: Any = None,
    message_type: str = "notification",
    author_id: Any = None,
    subtype_xmlid: Any = None,
    date: Any = None,
    **more: Any,
) -> Any:
    """Post one message on a record; text is escaped unless it says that it is html."""
    require(env, model, ids)
    if more.get("body_is_html"):
        content = body
    else:
        content = f"<p>{html.escape(body, quote=False)}</p>" if body else ""
    kind = "Discussions" if subtype_xmlid == "mail.mt_comment" else "Note"
    values: Row = {
        "model": model,
        "res_id": ids[0],
        "body": content,
        "subject": subject,
        "message_type": message_type,
        "subtype_id": subtype(env, kind),
    }
    if author_id:
        values["author_id"] = author_id
    if date:
        values["date"] = date
    made = create(env, "mail.message", [values])
    return made if env.version >= 19 else made[0]


def activity_schedule(
    env: Env,
    model: str,
    ids: list[int],
    act_type_xmlid: str = "",
    date_deadline: Any = None,
    summary: str = "",
    note: str = "",
    **values: Any,
) -> Any:
    """Plan an activity on each record."""
    row: Row = {"summary": summary, "note": note, **values}
    if act_type_xmlid:
        module, _, name = act_type_xmlid.partition(".")
        kind = env.value(
            "SELECT res_id FROM ir_model_data WHERE module = ? AND name = ?", (module, name)
        )
        if kind is None:
            raise value_error(f"External ID not found in the system: {act_type_xmlid}")
        row["activity_type_id"] = kind
    row["date_deadline"] = date_deadline or env.now[:10]
    row["res_model_id"] = env.value("SELECT id FROM ir_model WHERE model = ?", (model,))
    made = create(
        env.as_superuser(), "mail.activity", [{**row, "res_id": number} for number in ids]
    )
    return made if env.version >= 19 else f"mail.activity({', '.join(map(str, made))},)"


def action_feedback(
    env: Env, model: str, ids: list[int], feedback: Any = False, attachment_ids: Any = None
) -> Any:
    """Finish activities with a word about it; a message stays on the record."""
    require(env, model, ids)
    posted: list[int] = []
    for row in env.records(model, ids).values():
        kind = row["activity_type_id"]
        name = env.value("SELECT name FROM mail_activity_type WHERE id = ?", (kind,))
        body = f"<p>{html.escape(name or 'Activity')} done</p>"
        if feedback:
            body += f"<p>{html.escape(str(feedback))}</p>"
        posted += post_note(env, row["res_model"], [row["res_id"]], "Activities", body)
        keeps = env.version >= 19 or bool(
            env.value("SELECT keep_done FROM mail_activity_type WHERE id = ?", (kind,))
        )
        if not keeps:
            unlink(env, model, [row["id"]])
            continue
        values: Row = {"active": False, "date_done": env.now[:10]}
        if env.version >= 19:
            values["feedback"] = feedback or False
        write(env, model, [row["id"]], values)
    return posted[-1] if posted else False


def action_done(env: Env, model: str, ids: list[int]) -> Any:
    """Finish activities."""
    return action_feedback(env, model, ids)


def _type_defaults(env: Env) -> Row:
    return {
        "category": "default",
        "delay_unit": "days",
        "delay_from": "previous_activity",
        "chaining_type": "suggest",
        "sequence": 10,
    }


MESSAGES = Behaviour(
    defaults=_message_defaults,
    completing=_message_completing,
    names=lambda env, ids: {
        number: subject or ""
        for number, subject in env.rows(
            "SELECT id, subject FROM mail_message WHERE id IN (SELECT value FROM json_each(?))",
            (as_json(ids),),
        )
    },
)
ACTIVITIES = Behaviour(
    defaults=_activity_defaults,
    completing=_activity_completing,
    computed={"state": _states},
    names=lambda env, ids: {
        number: summary or kind or "Activity"
        for number, summary, kind in env.rows(
            "SELECT a.id, a.summary, t.name FROM mail_activity a LEFT JOIN mail_activity_type t "
            "ON t.id = a.activity_type_id WHERE a.id IN (SELECT value FROM json_each(?))",
            (as_json(ids),),
        )
    },
)
ACTIVITY_TYPES = Behaviour(defaults=_type_defaults)
