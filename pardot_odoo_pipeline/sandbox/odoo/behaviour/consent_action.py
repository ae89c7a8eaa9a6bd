"""The provisioned action `consent`, carried out natively.

What lives here: blocking, unblocking and telling what was changed on the blacklist. What does not:
the action's record and its groups (`actions.py`), the blacklist's own rules (`small_models.py`).
"""

from __future__ import annotations

from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.behaviour.small_models import create_blacklisted
from pardot_odoo_pipeline.sandbox.odoo.behaviour.tracking import author_of, subtype
from pardot_odoo_pipeline.sandbox.odoo.orm.create import create
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env, as_json
from pardot_odoo_pipeline.sandbox.odoo.orm.read import search_read
from pardot_odoo_pipeline.sandbox.odoo.orm.search import search
from pardot_odoo_pipeline.sandbox.odoo.orm.write import write

__all__ = ["run_consent"]

Row = dict[str, Any]
_PROTOCOL = 1
_KEY = "x_pardot_email_key"
_CAUSES = {
    "opted_out": "this person opted out of e-mail in Pardot",
    "do_not_email": "this person is marked in Pardot as not to be sent e-mail",
    "hard_bounced": "e-mail from Pardot to this address bounced for good",
    "withdrawn": "what spoke against e-mail in Pardot was taken back there",
}


def run_consent(env: Env, payload: Row) -> Row:
    """Do what a payload asks."""
    if payload.get("protocol") != _PROTOCOL:
        return {"protocol": _PROTOCOL, "refused": "protocol"}
    env = env.with_context(active_test=False, tracking_disable=True)
    addresses = _settle(env, payload.get("block") or [], blocks=True)
    addresses += _settle(env, payload.get("unblock") or [], blocks=False)
    changed: list[Row] = []
    following: int | bool = False
    if payload.get("changed"):
        changed, following = _changes(env, payload["changed"])
    return {"protocol": _PROTOCOL, "addresses": addresses, "changed": changed, "next": following}


def _visible(env: Env, keys: list[str]) -> dict[str, list[str]]:
    forms: dict[str, list[str]] = {}
    for model in ("crm.lead", "res.partner"):
        for row in search_read(env, model, [(_KEY, "in", keys)], [_KEY, "email_normalized"]):
            form = row["email_normalized"]
            if form and form not in forms.setdefault(row[_KEY], []):
                forms[row[_KEY]].append(form)
    return forms


def _entries(env: Env, forms: list[str]) -> dict[str, Row]:
    ids = [
        number
        for (number,) in env.rows(
            "SELECT id FROM mail_blacklist WHERE email IN (SELECT value FROM json_each(?))",
            (as_json(forms),),
        )
    ]
    return {row["email"]: row for row in env.records("mail.blacklist", ids).values()}


def _settle(env: Env, wishes: list[Row], *, blocks: bool) -> list[Row]:
    forms = _visible(env, [wish["email"] for wish in wishes])
    entries = _entries(env, [form for known in forms.values() for form in known])
    answers: list[Row] = []
    for wish in wishes:
        told = {
            _settle_one(env, form, entries.get(form), wish["cause"], blocks=blocks)
            for form in forms.get(wish["email"], [])
        }
        status = next((s for s in ("done", "kept", "same") if s in told), "unknown")
        answers.append({"email": wish["email"], "status": status})
    return answers


def _settle_one(env: Env, form: str, entry: Row | None, cause: str, *, blocks: bool) -> str:
    if bool(entry and entry["active"]) == blocks:
        return "same"
    root = env.as_superuser()
    if entry is None:
        [number] = create_blacklisted(root, "mail.blacklist", [{"email": form}])
    else:
        if not blocks and entry["write_uid"] != env.uid:
            return "kept"
        number = entry["id"]
        write(root, "mail.blacklist", [number], {"active": blocks})
    words = (
        f"{'Blocked' if blocks else 'Unblocked'} by the Pardot synchronisation: {_CAUSES[cause]}."
    )
    note: Row = {"model": "mail.blacklist", "res_id": number, "body": words}
    note |= {"message_type": "notification", "author_id": author_of(env)}
    create(root, "mail.message", [note | {"subtype_id": subtype(env, "Note")}])
    return "done"


def _changes(env: Env, asked: Row) -> tuple[list[Row], int | bool]:
    domain = [("write_date", ">=", asked["since"]), ("write_date", "<", asked["until"])]
    ids = search(
        env.as_superuser(),
        "mail.blacklist",
        [*domain, ("id", ">", asked["after"])],
        limit=asked["limit"],
        order="id",
    )
    by_key = {row["email"].lower(): row for row in env.records("mail.blacklist", ids).values()}
    told = [
        {
            "email": key,
            "blocked": bool(by_key[key]["active"]),
            "write_date": by_key[key]["write_date"][:19],
            "ours": by_key[key]["write_uid"] == env.uid,
        }
        for key in _visible(env, list(by_key))
    ]
    return told, ids[-1] if len(ids) == asked["limit"] else False
