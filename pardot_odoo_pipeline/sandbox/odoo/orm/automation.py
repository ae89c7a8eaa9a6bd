"""Automation rules: which records of a create, write or unlink set them off, and how often.

What lives here: the rules' triggers and domains, and the webhook calls that wait for the commit.
What does not: the records of the rules (`behaviour/automation.py`), the calls themselves
(`webhook_calls.py`).

A rule is looked at for the values that a call gives, and once more for what is computed from them:
so one write can set it off twice for a record. Odoo does the same, now and then oftener.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.errors import OdooError, user_error, value_error
from pardot_odoo_pipeline.sandbox.odoo.orm.domains import compile_domain
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Env, as_json
from pardot_odoo_pipeline.sandbox.odoo.orm.read import linked_ids, read
from pardot_odoo_pipeline.sandbox.odoo.webhook_calls import call_webhook

__all__ = [
    "TRIGGERS",
    "forget_rules",
    "queue_webhook",
    "watch_create",
    "watch_unlink",
    "watch_write",
]

Row = dict[str, Any]
Links = Sequence[tuple[list[int], Row]]

_ON_CREATE = frozenset({"on_create", "on_create_or_write"})
_ON_WRITE = frozenset({"on_write", "on_create_or_write"})
_ON_UNLINK = frozenset({"on_unlink"})
TRIGGERS = _ON_CREATE | _ON_WRITE | _ON_UNLINK
"""The triggers whose rules the sandbox carries out."""

# Odoo sets these beside a write's own values, where no rule looks.
_UNWATCHED = frozenset({"date_open", "date_closed", "date_last_stage_update"})


@dataclass(frozen=True)
class _Rule:
    number: int
    trigger: str
    fields: frozenset[str]
    domain: str | None
    domain_before: str | None
    model_id: int


def forget_rules(env: Env) -> None:
    """Read the rules again, after they changed in this transaction."""
    for key in [k for k in env.cache if k[0] == "automation rules"]:
        del env.cache[key]


def watch_create(env: Env, model: str, rows: list[Row]) -> Callable[[list[Row]], None] | None:
    """Look at rows before they are completed; None where no rule is.

    Returns:
        What to call with the inserted rows.
    """
    rules = _rules_of(env, model, _ON_CREATE)
    if not rules:
        return None
    given = [dict(row) for row in rows]

    def created(rows: list[Row]) -> None:
        ids = [row["id"] for row in rows]
        computed = {
            row["id"]: {name for name, value in row.items() if value and value != before.get(name)}
            for row, before in zip(rows, given, strict=True)
        }
        for rule in rules:
            first = _within(env, model, rule.domain, ids)
            again = [n for n in first if rule.fields & computed[n]]
            _carry_out(env, model, rule, [*first, *again])

    return created


def watch_write(
    env: Env, model: str, current: dict[int, Row], changes: dict[int, Row], links: Links
) -> Callable[[], None] | None:
    """Look at records before they change; None where no rule is.

    Args:
        env: The call.
        model: The model.
        current: The records' present columns.
        changes: The new columns; what is computed from them is added by the time of the call.
        links: The commands on lists, with the records they are for.

    Returns:
        What to call when everything is written.
    """
    rules = _rules_of(env, model, _ON_WRITE)
    if not rules:
        return None
    given = {number: frozenset(row) for number, row in changes.items()}
    allowed = {rule: _within(env, model, rule.domain_before, list(changes)) for rule in rules}
    listed = _listed(env, model, links)

    def written() -> None:
        told: dict[int, set[str]] = {}
        computed: dict[int, set[str]] = {}
        for number, row in changes.items():
            moved = {name for name, value in row.items() if value != current[number].get(name)}
            told[number] = moved & given[number]
            computed[number] = moved - given[number] - _UNWATCHED
        for (number, name), ids in _listed(env, model, links).items():
            if ids != listed[number, name]:
                told[number].add(name)
        for rule in rules:
            left = _within(env, model, rule.domain, allowed[rule])
            first = [n for n in left if not rule.fields or rule.fields & told[n]]
            watched = rule.fields or frozenset(env.model(model).columns)
            _carry_out(env, model, rule, [*first, *(n for n in left if watched & computed[n])])

    return written


def watch_unlink(env: Env, model: str, ids: list[int]) -> None:
    """Carry out the rules for records that are about to go."""
    for rule in _rules_of(env, model, _ON_UNLINK):
        _carry_out(env, model, rule, _within(env, model, rule.domain, ids))


def queue_webhook(env: Env, action: Row, model: str, number: int) -> None:
    """Make a webhook's body of a record as it is now, and send it once the transaction is kept.

    Raises:
        OdooError: The action has no address.
    """
    if not action["webhook_url"]:
        raise user_error(
            "I'll be happy to send a webhook for you, but you really need to give me a URL to "
            "reach out to..."
        )
    superuser = env.as_superuser()
    values: Row = {
        "_model": model,
        "_id": number,
        "_action": f"{action['name']}(#{action['id']})",
    }
    names = _linked_names(superuser, "ir.actions.server", "webhook_field_ids", action["id"])
    if names:
        values |= read(superuser, model, [number], names, plain=True)[0]
        columns = superuser.records(model, [number])[number]
        for name in names:
            # Over the API a moment ends at its second, in a webhook it does not.
            if env.model(model).fields[name].type == "datetime" and columns.get(name):
                values[name] = columns[name].removesuffix(".000000")
    body = json.dumps(values, sort_keys=True, default=str)
    env.after_commit.append(partial(call_webhook, action["id"], action["webhook_url"], body))


def _rules_of(env: Env, model: str, triggers: frozenset[str]) -> list[_Rule]:
    key = ("automation rules", model)
    if key not in env.cache:
        found = env.rows(
            "SELECT a.id, a.trigger, a.filter_domain, a.filter_pre_domain, a.model_id "
            "FROM base_automation a JOIN ir_model m ON m.id = a.model_id "
            "WHERE m.model = ? AND a.active = 1 ORDER BY a.id",
            (model,),
        )
        env.cache[key] = [
            _Rule(
                number,
                trigger,
                frozenset(_linked_names(env, "base.automation", "trigger_field_ids", number)),
                after,
                before,
                model_id,
            )
            for number, trigger, after, before, model_id in found
        ]
    return [rule for rule in env.cache[key] if rule.trigger in triggers]


def _linked_names(env: Env, model: str, field: str, number: int) -> list[str]:
    m = env.model(model)
    table, left, right = env.registry.link_table(m, m.fields[field])
    return [
        name
        for (name,) in env.rows(
            f"SELECT f.name FROM ir_model_fields f JOIN {table} l ON l.{right} = f.id "
            f"WHERE l.{left} = ? ORDER BY f.name, f.id",
            (number,),
        )
    ]


def _listed(env: Env, model: str, links: Links) -> dict[tuple[int, str], list[int]]:
    """The lists that commands are about to change, or have changed."""
    m = env.model(model)
    return {
        (number, name): ids
        for records, commands in links
        for name in commands
        for number, ids in linked_ids(env, m, m.fields[name], records).items()
    }


def _within(env: Env, model: str, text: str | None, ids: list[int]) -> list[int]:
    domain = _domain(env, text) if text else []
    if not domain or not ids:
        return ids
    m = env.model(model)
    where, parameters = compile_domain(env.as_superuser(), m, domain)
    found = {
        number
        for (number,) in env.rows(
            f'SELECT id FROM "{m.table}" WHERE id IN (SELECT value FROM json_each(?)) AND {where}',
            [as_json(ids), *parameters],
        )
    }
    return [number for number in ids if number in found]


class _Uid(ast.NodeTransformer):
    """Puts the caller where a domain names them, `uid` and `user.id`, and chooses by them."""

    def __init__(self, uid: int) -> None:
        self._uid = ast.Constant(uid)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id == "uid":
            return self._uid
        raise NameError(f"name {node.id!r} is not defined")

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        is_user = isinstance(node.value, ast.Name) and node.value.id == "user"
        return self._uid if is_user and node.attr == "id" else self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        self.generic_visit(node)
        match node.test:
            case ast.Compare(ast.Constant(left), [ast.NotEq()], [ast.Constant(right)]):
                return node.body if left != right else node.orelse
        return node


def _domain(env: Env, text: str) -> Any:
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as wrong:
        raise OdooError("builtins.SyntaxError", str(wrong.msg)) from None
    try:
        return ast.literal_eval(_Uid(env.uid).visit(tree))
    except (NameError, ValueError) as wrong:
        raise value_error(f"{wrong!r} while evaluating\n{text!r}") from None


def _carry_out(env: Env, model: str, rule: _Rule, ids: Iterable[int]) -> None:
    numbers = list(ids)
    if not numbers:
        return
    actions = [
        number
        for (number,) in env.rows(
            "SELECT id FROM ir_actions_server WHERE base_automation_id = ? "
            "ORDER BY sequence, name, id",
            (rule.number,),
        )
    ]
    for action in env.records("ir.actions.server", actions).values():
        if action["model_id"] != rule.model_id:
            raise OdooError(
                "odoo.addons.base.models.ir_actions.ServerActionWithWarningsError",
                f"Server action {action['name']} has one or more warnings, address them first.",
            )
        if action["state"] != "webhook":
            raise user_error(f"The sandbox runs webhooks of automation rules, not {action['name']}")
        for number in numbers:
            queue_webhook(env, action, model, number)
