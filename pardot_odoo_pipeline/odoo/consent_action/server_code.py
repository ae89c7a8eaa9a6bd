# ruff: noqa: D100, F821
# mypy: ignore-errors
# The code of the server action `consent`. It runs inside Odoo's safe_eval and is never imported by
# us; protocol.py says what it promises, apply_action/server_judgement.py which limits shape it.

PROTOCOL = 1
MODELS = ("crm.lead", "res.partner")
KEY = "x_pardot_email_key"
CAUSES = {
    "opted_out": "this person opted out of e-mail in Pardot",
    "do_not_email": "this person is marked in Pardot as not to be sent e-mail",
    "hard_bounced": "e-mail from Pardot to this address bounced for good",
    "withdrawn": "what spoke against e-mail in Pardot was taken back there",
}

payload = env.context.get("pardot_consent")
if not payload:
    raise UserError(
        "This action serves the Pardot synchronisation; there is nothing to run by hand."
    )
slim = dict(env.context)
slim.pop("pardot_consent")
# Nobody is told, and nobody follows: the note below says what has to be said.
slim.update(tracking_disable=True, mail_create_nolog=True, mail_create_nosubscribe=True)
slim.update(active_test=False)
env = env(context=slim)


def visible(keys):
    """Map match key -> addresses in Odoo's form, of records that the caller may see."""
    forms = {}
    for model in MODELS:
        rows = env[model].search_read([(KEY, "in", list(keys))], [KEY, "email_normalized"])
        for row in rows:
            if row["email_normalized"]:
                forms.setdefault(row[KEY], {})[row["email_normalized"]] = True
    return forms


def entries_of(forms):
    """Map address -> its entry on the blacklist, archived ones included."""
    wanted = []
    for key in forms:
        wanted += list(forms[key])
    found = env["mail.blacklist"].sudo().search([("email", "in", wanted)])
    return {record.email: record for record in found}


def settled(wishes, blocks):
    """Block or unblock the addresses of one list; return the answers in its order."""
    forms = visible([wish["email"] for wish in wishes])
    entries = entries_of(forms)
    missing, asleep, awake, notes = {}, [], [], []
    answers = []
    for wish in wishes:
        status = "same" if wish["email"] in forms else "unknown"
        for form in forms.get(wish["email"], {}):
            entry = entries.get(form)
            if blocks and not entry:
                missing[form] = wish["cause"]
                status = "done"
            elif blocks and not entry.active:
                asleep.append(entry.id)
                notes.append((entry.id, "Blocked", wish["cause"]))
                status = "done"
            elif not blocks and entry and entry.active:
                if entry.write_uid.id != env.uid:
                    status = "kept" if status == "same" else status
                else:
                    awake.append(entry.id)
                    notes.append((entry.id, "Unblocked", wish["cause"]))
                    status = "done"
        answers.append({"email": wish["email"], "status": status})
    blacklist = env["mail.blacklist"].sudo()
    made = blacklist.create([{"email": form} for form in missing])
    for entry in made:
        notes.append((entry.id, "Blocked", missing[entry.email]))
    if asleep:
        blacklist.browse(asleep).write({"active": True})
    if awake:
        blacklist.browse(awake).write({"active": False})
    tell(notes)
    return answers


def tell(notes):
    """Leave a note on each entry that says why."""
    if not notes:
        return
    subtype = env.ref("mail.mt_note").id
    author = env.user.partner_id.id
    rows = []
    for record_id, done, cause in notes:
        words = done + " by the Pardot synchronisation: " + CAUSES.get(cause, CAUSES["opted_out"])
        row = {"model": "mail.blacklist", "res_id": record_id, "body": words + "."}
        row.update(message_type="notification", subtype_id=subtype, author_id=author)
        rows.append(row)
    env["mail.message"].sudo().create(rows)


def changes(asked):
    """What was changed on the blacklist in a stretch of time, page by page."""
    domain = [("write_date", ">=", asked["since"]), ("write_date", "<", asked["until"])]
    domain += [("id", ">", asked["after"])]
    found = env["mail.blacklist"].sudo().search(domain, order="id", limit=asked["limit"])
    by_key = {}
    for entry in found:
        by_key[entry.email.lower()] = entry
    told = []
    forms = visible(list(by_key)) if by_key else {}
    for key in forms:
        entry = by_key[key]
        when = entry.write_date.strftime("%Y-%m-%d %H:%M:%S")
        row = {"email": key, "blocked": entry.active, "write_date": when}
        row.update(ours=entry.write_uid.id == env.uid)
        told.append(row)
    return told, found[-1].id if len(found) == asked["limit"] else False


if payload.get("protocol") != PROTOCOL:
    action = {"protocol": PROTOCOL, "refused": "protocol"}
else:
    addresses = settled(payload.get("block") or [], True)
    addresses += settled(payload.get("unblock") or [], False)
    changed, following = [], False
    if payload.get("changed"):
        changed, following = changes(payload["changed"])
    action = {
        "protocol": PROTOCOL,
        "addresses": addresses,
        "changed": changed,
        "next": following,
    }
