"""The protocol of the `apply` server action: what goes in, what comes out, what is promised.

What lives here: the words both ends share, the exact form of payload and answer, and the text of
the action as Odoo stores it. What does not: the call (`odoo/loader.py`) and the installation
(`odoo/provisioning/`).

Where it is
    One `ir.actions.server` (state `code`, model `crm.lead`) with the external id
    `pardot.apply_action` and the name `ACTION_NAME` ("Pardot: apply people, protocol 1"). A plain
    user may read neither `ir.model.data` nor `ir.actions.server`, so the action is found through
    `ir.actions.actions.get_bindings(model_name="ir.model.data")` -> `{"action": [{"id", "name",
    "binding_view_types"}, ...]}`, a public method that lists what the caller's groups may run. It
    is bound to that technical model, for a view kind which the model has not, so that it appears
    in nobody's menu. It is restricted to the group `sales_team.group_sale_salesman_all_leads`.

Call
    `ir.actions.server.run`, ids `[action id]`, with the payload in the context under
    `CONTEXT_KEY`; other context keys (`lang`, `tracking_disable`, `mail_create_nolog`, ...) work
    as in any other call. The answer is the return value of `run`, over JSON-RPC and JSON-2 alike.

Payload
    ::

        {"protocol": 1,
         "read_back": {"res.partner": [field, ...], "crm.lead": [field, ...]},
         "people": [{"key": str,
                     "partner": RECORD or false,
                     "lead": RECORD or false}, ...]}
        RECORD = {"external_id": "partner_<id>" or "lead_<id>",   # in module `pardot`
                  "id": int or false,
                  "values": {field: value},                       # as for write(); many2one = id
                  "expected": {field: value} or false}

    No `people` is a ping. Without the payload, or with another protocol number, nothing is done:
    the answer of the latter is `{"protocol": 1, "refused": "protocol"}`; the former is a UserError.

Answer
    ::

        {"protocol": 1,
         "people": [{"key": str, "error": ERROR or false,        # order of the payload
                     "partner": RESULT or false, "lead": RESULT or false}, ...]}
        RESULT = {"status": STATUS, "id": int or false,
                  "write_date": "YYYY-MM-DD HH:MM:SS" or false,
                  "values": {field: value} or false, "withheld": {field: REASON}}
        ERROR  = {"name": exception name, "field": str or false,
                  "message": str}                               # may quote data: never to be kept

    `values` are the fields of `read_back` (for a conflict also those of `expected`) as they are
    after all writes of the call: many2one = id or false, empty = false, datetime `YYYY-MM-DD
    HH:MM:SS`, html as stored.

Which record
    `id` names it; else the external id resolves it (archived records too); else it is created,
    with its external id. Partners come before leads. An `id` that is gone is `missing`; an
    external id whose record is gone is created anew.

Status
    created   made now; `values` were written, less those withheld.
    exists    no `id` given, the external id is there, and `expected` is false: nothing is
              written. This is what a repeated create meets.
    written   something differed and was written.
    same      nothing to write: no write happens, so `write_date` stays.
    conflict  a field in `expected` holds neither the expected nor the wanted value: nothing of
              this record is written (the other record of the person is judged on its own).
    missing   the `id` is gone.
    error     the person's row is bad; neither of its records was touched. `error` of the person
              says why.

    `expected` false with an `id`: written without a guard where different. A field that already
    holds the wanted value never conflicts, so a repeated call answers `same`. A field in
    `expected` that is not in `values` is a pure guard.

Comparison
    Both sides are brought to the stored form first: char, text and html: NULL = "" ; html after
    Odoo's sanitiser (wanted) or as it is (expected); char cut to the field's size; many2one by
    id; datetime to the second; integer and float as numbers, empty = 0; boolean, date, selection
    by value; many2many as the set of its ids, archived ones included. Other types (one2many,
    binary, json, reference) are refused as an error of the row. A many2many is wished for as the
    list of all its ids, false or an empty list for none.

Linking, and what is withheld
    `partner_id` may not be in a lead's values: the row's partner is linked, when the lead is
    created or has no partner yet (not for `exists`), if that partner is there, is no company, and
    both normalised e-mails agree (both empty agrees). Linking an existing lead counts as a write
    and keeps what the lead already shows. Odoo copies a lead's e-mail and phone into its partner,
    so these are held back where that would overwrite somebody else; each is reported in `withheld`:

    partner_is_company (email_from, phone, mobile)
        An existing lead's partner is a company, and the value differs.
    partner_is_another (email_from, phone, mobile)
        An existing lead's partner is not this row's partner, or the row names none.
    partner_is_company, partner_missing, email_differs (partner_id)
        The row's partner is a company, is gone, or has another e-mail: not linked.
    phone_differs (partner_id)
        Linking an existing lead would put one set phone over another: not linked.
    phone_differs (phone, mobile)
        A created lead is linked to an older partner with another phone: it takes the partner's.

    A withheld field is not compared with `expected` either.

Transaction
    The call is one transaction: repeatable read, one savepoint for all rows; when it fails, the
    rows are halved until the bad ones stand alone, each bad one with its own `error`.
    Serialization failures, deadlocks, lock and statement time-outs leave the action, and Odoo
    repeats the whole call. Two calls that create the same external id: one waits, then finds the
    other's record (`exists`).

    Everything runs with the caller's own rights, but for reading and adding external ids `lead_*`
    and `partner_*` of module `pardot`.
"""

from __future__ import annotations

from importlib import resources

__all__ = [
    "ACTION_EXTERNAL_NAME",
    "ACTION_GROUP",
    "ACTION_NAME",
    "BINDING_MODEL",
    "BINDING_VIEW",
    "CONTEXT_KEY",
    "EXTERNAL_MODULE",
    "PROTOCOL",
    "action_code",
    "protocol_of",
]

PROTOCOL = 1
CONTEXT_KEY = "pardot_apply"
EXTERNAL_MODULE = "pardot"
ACTION_EXTERNAL_NAME = "apply_action"
ACTION_GROUP = "sales_team.group_sale_salesman_all_leads"
BINDING_MODEL = "ir.model.data"
BINDING_VIEW = "kanban"

_NAME_PREFIX = "Pardot: apply people, protocol "
ACTION_NAME = f"{_NAME_PREFIX}{PROTOCOL}"


def protocol_of(action_name: str) -> int | None:
    """Read the protocol number out of an action's name; None when the action is not ours.

    >>> protocol_of("Pardot: apply people, protocol 7")
    7
    >>> protocol_of("Send e-mail")
    """
    number = action_name.removeprefix(_NAME_PREFIX)
    return int(number) if number != action_name and number.isdecimal() else None


def action_code() -> str:
    """Return the Python text that Odoo stores and runs."""
    folder = resources.files(__package__)
    halves = ("server_judgement.py", "server_transaction.py")
    return "\n\n".join((folder / name).read_text(encoding="utf-8") for name in halves)
