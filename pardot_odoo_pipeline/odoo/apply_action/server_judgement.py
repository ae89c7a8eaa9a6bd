# ruff: noqa: D100, D103, F821, SIM102, SIM401
# mypy: ignore-errors
# First half of the code of the server action `apply`: comparing one record with the wish for it.
# Both halves run, one after the other, inside Odoo's safe_eval and are never imported by us;
# protocol.py says what they promise. Limits of safe_eval that shape them, on 18 and 19 alike: no
# import, class, `with`, global, attribute assignment, `del x[i]`, no name with two underscores
# (hence no module docstring), and no closure: within a function no comprehension, lambda or inner
# function may use a local name of that function.

PROTOCOL = 1
MODULE = "pardot"
MODELS = {"partner": "res.partner", "lead": "crm.lead"}
PUSHED = ("email_from", "phone", "mobile")  # Odoo copies these from a lead into its partner
FILLED_BY_LINK = ("contact_name", "partner_name", "function", "title", "website", "lang_id")
FILLED_BY_LINK += ("phone", "mobile", "street", "street2", "city", "zip", "state_id", "country_id")
TEXT = ("char", "text", "html")
NUMBER = ("integer", "float", "monetary")
PLAIN = ("boolean", "date", "datetime", "selection", "many2one")
SET = "many2many"
# Serialization failure, deadlock, lock or statement time-out: Odoo repeats the whole call, or the
# client does. Taken for bad rows, they would be reported for rows that are good.
NOT_THE_ROWS = ("40001", "40P01", "55P03", "57014")

payload = env.context.get("pardot_apply")
if not payload:
    raise UserError(
        "This action serves the Pardot synchronisation; there is nothing to run by hand."
    )
# Without the payload every environment made below stays small, and no automation can see it.
slim = dict(env.context)
slim.pop("pardot_apply")
env = env(context=slim)


def id_set(value):
    """The ids of a many2many, each once and in order."""
    for one in value or []:
        if not isinstance(one, int):
            raise Exception("a many2many takes a list of ids")
    return sorted(set(value or []))


def stored_form(field, value, model, sanitise):
    """Bring a value to the form in which two of them can be compared."""
    if field.type == SET:
        return id_set(value)
    if field.type == "boolean":
        return bool(value)
    if field.type == "many2one" and value and not isinstance(value, int) and sanitise:
        raise Exception("a many2one takes an id")
    value = field.convert_to_cache(value, model, sanitise)
    if field.type in TEXT:
        return str(value) if value else ""
    if field.type == "datetime" and value:
        return value.replace(microsecond=0)
    if field.type in NUMBER:
        return value or 0
    return value or None


def current_form(record, name):
    if record._fields[name].type == SET:
        # Archived records count: they are linked, and a reader of all is told of them.
        return id_set(record.with_context(active_test=False)[name].ids)
    return stored_form(record._fields[name], record[name], record, False)


def failure(error, field):
    # The class by its repr: `type`, `ValueError` and dunder names are out of reach here.
    name = repr(error).split("(")[0]
    name = "ValueError" if name == "Exception" else name
    return {"name": name, "field": field or False, "message": str(error)[:500]}


def prepared(kind, record):
    """Check one record of the payload; return (what to do, None) or (None, failure)."""
    model = env[MODELS[kind]]
    name = record["external_id"]
    if not name.startswith(kind + "_") or "." in name or " " in name:
        return None, {"name": "ValueError", "field": "id", "message": "not an external id of ours"}
    task = {"name": name, "id": record.get("id") or 0, "values": dict(record["values"])}
    task.update(wanted={}, expected={}, guarded=isinstance(record.get("expected"), dict))
    for group, source in (("wanted", record["values"]), ("expected", record.get("expected") or {})):
        for field_name in source:
            field = model._fields.get(field_name)
            try:
                if field is None:
                    raise Exception("there is no such field")
                if field.type not in TEXT + NUMBER + PLAIN and field.type != SET:
                    raise Exception("fields of this type cannot be compared")
                if group == "wanted" and field_name == "partner_id":
                    raise Exception("the partner is linked by the row's partner")
                task[group][field_name] = stored_form(
                    field, source[field_name], model, group == "wanted"
                )
                if group == "wanted" and field.type == SET:
                    task["values"][field_name] = [(6, 0, task["wanted"][field_name])]
            except Exception as error:
                return None, failure(error, field_name)
    return task, None


def resolved(kind, tasks):
    """Map external id -> record id, for the tasks that have no id."""
    names = []
    for task in tasks:
        if task and not task["id"]:
            names.append(task["name"])
    if not names:
        return {}
    domain = [("module", "=", MODULE), ("model", "=", MODELS[kind]), ("name", "in", names)]
    rows = env["ir.model.data"].sudo().search_read(domain, ["name", "res_id"])
    return {row["name"]: row["res_id"] for row in rows}


def linked(task, record, partner, fresh, withheld):
    """Whether the row's partner may become this lead's (record is empty: a new lead)."""
    if not partner:
        withheld["partner_id"] = "partner_missing"
        return False
    if partner.is_company:
        withheld["partner_id"] = "partner_is_company"
        return False
    wanted = task["wanted"]
    email = (wanted["email_from"] if "email_from" in wanted else record.email_from) or False
    if email != partner.email:
        probe = env["res.partner"].new({"email": email})
        if (probe.email_normalized or False) != (partner.email_normalized or False):
            withheld["partner_id"] = "email_differs"
            return False
    for name in ("phone", "mobile"):
        if name not in record._fields or name not in partner._fields or not partner[name]:
            continue
        phone = wanted[name] if name in wanted else record[name]
        if not phone or phone == partner[name]:
            continue
        if not record:
            if not fresh:
                withheld[name] = "phone_differs"
        elif not fresh:
            withheld["partner_id"] = "phone_differs"
            return False
    return True


def held_back(record, partner):
    """Why e-mail and phone of an existing lead may not be written; None when they may."""
    if not record.partner_id:
        return None
    if record.partner_id.is_company:
        return "partner_is_company"
    if not partner or record.partner_id != partner:
        return "partner_is_another"
    return None


def judged(kind, task, record, link, outcome):
    """Compare a record with the wish; return the values to write, or None on a conflict."""
    reason = held_back(record, link["partner"]) if kind == "lead" else None
    changes = {}
    for name in task["wanted"]:
        if current_form(record, name) != task["wanted"][name]:
            if reason and name in PUSHED:
                outcome["withheld"][name] = reason
            else:
                changes[name] = task["values"][name]
    for name in task["expected"]:
        if name in outcome["withheld"] or (name in task["wanted"] and name not in changes):
            continue
        if current_form(record, name) != task["expected"][name]:
            return None
    if kind == "lead" and link["given"] and not record.partner_id:
        if linked(task, record, link["partner"], link["fresh"], outcome["withheld"]):
            # Odoo fills a lead from the partner that it gets; what the lead shows has to stay.
            for name in FILLED_BY_LINK:
                if name in record._fields and name not in changes and record[name]:
                    relation = record._fields[name].type == "many2one"
                    changes[name] = record[name].id if relation else record[name]
            changes["partner_id"] = link["partner"].id
    return changes
