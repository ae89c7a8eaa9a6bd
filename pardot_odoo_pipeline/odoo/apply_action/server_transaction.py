# ruff: noqa: D100, D103, F821, B905, B007
# mypy: ignore-errors
# Second half of the code of the server action `apply`: finding, creating and writing the records
# of all people in one transaction, and the answer. The first half tells the rules of this dialect.


def apply_kind(kind, items, outcomes):
    """Create and update the records of one model for all people."""
    model = env[MODELS[kind]]
    tasks = []
    for item in items:
        tasks.append(item[kind])
    known = resolved(kind, tasks)
    wished = []
    for task in tasks:
        if task:
            wished.append(task["id"] or known.get(task["name"]) or 0)
    present = {record.id: record for record in model.browse([i for i in wished if i]).exists()}

    creates = []
    groups = {}
    for position in range(len(items)):
        task = tasks[position]
        if not task:
            continue
        outcome = {"status": "same", "id": False, "withheld": {}}
        outcomes[position][kind] = outcome
        link = {"given": False, "partner": None, "fresh": False}
        beside = outcomes[position].get("partner")
        if kind == "lead" and beside:
            link["given"] = True
            link["fresh"] = beside["status"] == "created"
            if beside["id"] and beside["status"] != "missing":
                link["partner"] = env["res.partner"].browse(beside["id"])
        record = present.get(task["id"] or known.get(task["name"]) or 0)
        if record:
            outcome["id"] = record.id
            if not task["id"] and not task["guarded"]:
                outcome["status"] = "exists"
                continue
            changes = judged(kind, task, record, link, outcome)
            if changes is None:
                outcome["status"] = "conflict"
            elif changes:
                outcome["status"] = "written"
                group = groups.setdefault(repr(sorted(changes.items())), [changes, []])
                group[1].append(record.id)
        elif task["id"]:
            outcome.update(status="missing", id=task["id"])
        else:
            values = dict(task["values"])
            if link["given"]:
                if linked(task, model, link["partner"], link["fresh"], outcome["withheld"]):
                    values["partner_id"] = link["partner"].id
                for name in outcome["withheld"]:
                    values.pop(name, None)
            outcome["status"] = "created"
            creates.append((position, values))

    for changes, ids in groups.values():
        if len(set(ids)) < len(ids):
            raise UserError(
                "A record is given twice."
            )  # alone, each is judged on what the other left
        model.browse(ids).write(changes)
    if creates:
        made = model.create([values for position, values in creates])
        entries = []
        for (position, values), record in zip(creates, made):
            outcomes[position][kind]["id"] = record.id
            entries.append({"xml_id": MODULE + "." + tasks[position]["name"], "record": record})
        if len({entry["xml_id"] for entry in entries}) < len(entries):
            raise UserError("An external id is given twice.")
        # The bulk upsert, not an ORM create: a second call that makes the same people waits and is
        # repeated by Odoo with a new snapshot; an ORM create would let it fail on the unique index.
        env["ir.model.data"].sudo()._update_xmlids(entries)


def attempt(items):
    outcomes = []
    for item in items:
        outcomes.append({})
    apply_kind("partner", items, outcomes)
    apply_kind("lead", items, outcomes)
    env.flush_all()
    return outcomes


def settled(items):
    """Apply the rows; on an error halve them until the bad ones stand alone."""
    savepoint = env.cr.savepoint()
    try:
        outcomes = attempt(items)
        savepoint.close(rollback=False)
        return outcomes
    except Exception as error:
        state = None
        try:
            state = error.pgcode
        except Exception:  # no error of the database: the restricted language has no getattr
            state = None
        if state in NOT_THE_ROWS:
            raise
        savepoint.close(rollback=True)
        if len(items) == 1:
            return [{"error": failure(error, None)}]
    middle = len(items) // 2
    return settled(items[:middle]) + settled(items[middle:])


def told(value):
    """A value as it leaves Odoo over RPC."""
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, datetime.date):
        return value.strftime("%Y-%m-%d")
    return value


def read_values(kind, ids, names):
    rows = {}
    if ids:
        records = env[MODELS[kind]].with_context(active_test=False).browse(ids)
        for row in records.read(list({"write_date", *names}), load=""):
            told_row = {}
            for name in row:
                told_row[name] = told(row[name])
            rows[row["id"]] = told_row
    return rows


def answer_for(items, outcomes, read_back):
    """Put the outcomes into the form of the protocol, with the values read after all writes."""
    rows = {}
    for kind in MODELS:
        ids = set()
        for outcome in outcomes:
            if outcome.get(kind) and outcome[kind]["status"] != "missing":
                ids.add(outcome[kind]["id"])
        rows[kind] = read_values(kind, sorted(ids), read_back.get(MODELS[kind]) or [])
    people = []
    for item, outcome in zip(items, outcomes):
        person = {"key": item["key"], "error": outcome.get("error") or False}
        for kind in MODELS:
            person[kind] = False
            if not item["given"][kind]:
                continue
            result = {"status": "error", "id": False, "write_date": False, "values": False}
            result["withheld"] = {}
            if outcome.get(kind):
                result.update(outcome[kind])
                row = rows[kind].get(result["id"])
                if result["status"] == "conflict":
                    guard = read_values(kind, [result["id"]], list(item[kind]["expected"]))
                    row = {**row, **guard[result["id"]]}
                if row:
                    result["values"] = {k: v for k, v in row.items() if k != "id"}
                    result["write_date"] = row["write_date"]
            person[kind] = result
        people.append(person)
    return people


if payload.get("protocol") != PROTOCOL:
    action = {"protocol": PROTOCOL, "refused": "protocol"}
else:
    everyone = []
    for person in payload.get("people") or []:
        item = {"key": person["key"], "error": None, "partner": None, "lead": None, "given": {}}
        for kind in MODELS:
            item["given"][kind] = bool(person.get(kind))
            if person.get(kind) and not item["error"]:
                item[kind], item["error"] = prepared(kind, person[kind])
        everyone.append(item)
    good = [item for item in everyone if not item["error"]]
    done = settled(good) if good else []
    outcomes = []
    for item in everyone:
        outcomes.append({"error": item["error"]} if item["error"] else done.pop(0))
    people = answer_for(everyone, outcomes, payload.get("read_back") or {})
    action = {"protocol": PROTOCOL, "people": people}
