"""The provisioned action `apply`, carried out natively.

What lives here: the transaction of one payload: find, compare, create, write, answer. What does
not: the judgement of one record (`apply_rules.py`), the action's record and its groups
(`actions.py`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.access import check_access
from pardot_odoo_pipeline.sandbox.odoo.behaviour.apply_rules import (
    MODELS,
    Link,
    Task,
    error_of,
    judge,
    link_allowed,
    prepare,
)
from pardot_odoo_pipeline.sandbox.odoo.errors import OdooError, user_error
from pardot_odoo_pipeline.sandbox.odoo.orm.create import create, insert
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env, as_json
from pardot_odoo_pipeline.sandbox.odoo.orm.read import read
from pardot_odoo_pipeline.sandbox.odoo.orm.values import sort_values
from pardot_odoo_pipeline.sandbox.odoo.orm.write import write_rows

__all__ = ["run_apply"]

Row = dict[str, Any]
_PROTOCOL = 1
_MODULE = "pardot"


def run_apply(env: Env, payload: Row) -> Row:
    """Apply all people of a payload; a bad one fails alone."""
    if payload.get("protocol") != _PROTOCOL:
        return {"protocol": _PROTOCOL, "refused": "protocol"}
    items: list[Row] = []
    for person in payload.get("people") or []:
        item: Row = {"key": person["key"], "error": None, "partner": None, "lead": None}
        item["given"] = {kind: bool(person.get(kind)) for kind in MODELS}
        for kind in MODELS:
            if item["given"][kind] and not item["error"]:
                item[kind], item["error"] = prepare(env, kind, person[kind])
        items.append(item)
    good = [item for item in items if not item["error"]]
    done = iter(_settle(env, good) if good else [])
    outcomes = [{"error": item["error"]} if item["error"] else next(done) for item in items]
    people = _answer(env, items, outcomes, payload.get("read_back") or {})
    return {"protocol": _PROTOCOL, "people": people}


def _settle(env: Env, items: list[Row]) -> list[Row]:
    """Apply the rows; on an error halve them until the bad ones stand alone."""
    env.run("SAVEPOINT apply_rows")
    try:
        outcomes: list[Row] = [{} for _ in items]
        for kind in MODELS:
            _apply_kind(env, kind, items, outcomes)
        env.run("RELEASE apply_rows")
        return outcomes
    except OdooError as error:
        env.run("ROLLBACK TO apply_rows")
        env.run("RELEASE apply_rows")
        env.cache.clear()
        if len(items) == 1:
            return [{"error": error_of(error, None)}]
    middle = len(items) // 2
    return _settle(env, items[:middle]) + _settle(env, items[middle:])


def _apply_kind(env: Env, kind: str, items: list[Row], outcomes: list[Row]) -> None:
    model = MODELS[kind]
    tasks: list[Task | None] = [item[kind] for item in items]
    known = _resolve(env, model, [t.name for t in tasks if t and not t.number])
    wished = {t.number or known.get(t.name, 0) for t in tasks if t} - {0}
    present = env.records(model, wished)
    partners = _partners_of(env, kind, present, outcomes)
    creates: list[tuple[int, Task, Row]] = []
    changes: dict[int, Row] = {}
    for position, task in enumerate(tasks):
        if task is None:
            continue
        outcome: Row = {"status": "same", "id": False, "withheld": {}}
        outcomes[position][kind] = outcome
        link = _link(kind, outcomes[position].get("partner"), partners)
        record = present.get(task.number or known.get(task.name, 0))
        if record is not None:
            outcome["id"] = record["id"]
            if not task.number and not task.guarded:
                outcome["status"] = "exists"
                continue
            wanted = judge(env, kind, task, record, link, outcome, partners)
            if wanted is None:
                outcome["status"] = "conflict"
            elif wanted:
                outcome["status"] = "written"
                if record["id"] in changes:
                    raise user_error("A record is given twice.")
                changes[record["id"]] = wanted
        elif task.number:
            outcome.update(status="missing", id=task.number)
        else:
            outcome["status"] = "created"
            creates.append((position, task, _new_values(task, link, outcome)))
    if changes:
        check_access(env, model, "write")
        m = env.model(model)
        sorted_out = {n: sort_values(env, m, row) for n, row in changes.items()}
        write_rows(
            env,
            model,
            {n: columns for n, (columns, _) in sorted_out.items()},
            [([n], links) for n, (_, links) in sorted_out.items() if links],
        )
    if creates:
        ids = create(env, model, [values for _, _, values in creates])
        names = [task.name for _, task, _ in creates]
        if len(set(names)) < len(names):
            raise user_error("An external id is given twice.")
        _name(env, model, names, ids)
        for (position, _, _), number in zip(creates, ids, strict=True):
            outcomes[position][kind]["id"] = number


def _resolve(env: Env, model: str, names: list[str]) -> dict[str, int]:
    if not names:
        return {}
    return dict(
        env.rows(
            "SELECT name, res_id FROM ir_model_data WHERE module = ? AND model = ? "
            "AND name IN (SELECT value FROM json_each(?))",
            (_MODULE, model, as_json(names)),
        )
    )


def _name(env: Env, model: str, names: list[str], ids: list[int]) -> None:
    env.run(
        "DELETE FROM ir_model_data WHERE module = ? AND name IN (SELECT value FROM json_each(?))",
        (_MODULE, as_json(names)),
    )
    rows: list[Row] = [
        {"module": _MODULE, "name": name, "model": model, "res_id": number, "noupdate": 0}
        for name, number in zip(names, ids, strict=True)
    ]
    insert(env, env.model("ir.model.data"), rows)


def _partners_of(
    env: Env, kind: str, present: dict[int, Row], outcomes: list[Row]
) -> dict[int, Row]:
    if kind != "lead":
        return {}
    wanted = {row["partner_id"] for row in present.values() if row["partner_id"]}
    wanted |= {o["partner"]["id"] for o in outcomes if o.get("partner") and o["partner"]["id"]}
    return env.records("res.partner", wanted)


def _link(kind: str, beside: Row | None, partners: dict[int, Row]) -> Link:
    if kind != "lead" or not beside:
        return Link()
    there = beside["id"] if beside["id"] and beside["status"] != "missing" else 0
    return Link(True, partners.get(there), beside["status"] == "created")


def _new_values(task: Task, link: Link, outcome: Row) -> Row:
    values = dict(task.values)
    if link.given:
        if link_allowed(task, None, link, outcome["withheld"]) and link.partner:
            values["partner_id"] = link.partner["id"]
        for name in outcome["withheld"]:
            values.pop(name, None)
    return values


def _rows(env: Env, kind: str, ids: set[int], names: list[str]) -> dict[int, Row]:
    if not ids:
        return {}
    wanted = list(dict.fromkeys([*names, "write_date"]))
    everything = replace(env, context={**env.context, "active_test": False})
    told = read(everything, MODELS[kind], sorted(ids), wanted, plain=True)
    return {row["id"]: row for row in told}


def _answer(env: Env, items: list[Row], outcomes: list[Row], read_back: Row) -> list[Row]:
    rows = {
        kind: _rows(
            env,
            kind,
            {o[kind]["id"] for o in outcomes if o.get(kind) and o[kind]["status"] != "missing"},
            read_back.get(model) or [],
        )
        for kind, model in MODELS.items()
    }
    people = []
    for item, outcome in zip(items, outcomes, strict=True):
        person: Row = {"key": item["key"], "error": outcome.get("error") or False}
        for kind in MODELS:
            person[kind] = _told(env, kind, item, outcome, rows[kind])
        people.append(person)
    return people


def _told(env: Env, kind: str, item: Row, outcome: Row, rows: dict[int, Row]) -> Row | bool:
    if not item["given"][kind]:
        return False
    result: Row = {
        "status": "error",
        "id": False,
        "write_date": False,
        "values": False,
        "withheld": {},
    }
    if outcome.get(kind):
        result.update(outcome[kind])
        row = rows.get(result["id"])
        if row and result["status"] == "conflict":
            row = {
                **row,
                **_rows(env, kind, {result["id"]}, list(item[kind].expected))[result["id"]],
            }
        if row:
            result["values"] = {k: v for k, v in row.items() if k != "id"}
            result["write_date"] = row["write_date"]
    return result
