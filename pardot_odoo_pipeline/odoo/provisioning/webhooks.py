"""Odoo's automation rules that push: whoever changes a person in Odoo need not wait for a poll.

What lives here: which changes are pushed, what of them, and putting the rules into Odoo. What does
not: addresses and secrets (``webhooks/secrets.py``), and what a pushed change leads to.

A rule tells which record changed and nothing of its content; the values are read as always. It
leaves out what the pipeline writes itself, and records that belong to no prospect: for each record
of a bulk change whoever makes it waits until it is pushed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.mapping.rules import Direction, Rules
from pardot_odoo_pipeline.odoo.apply_action.protocol import EXTERNAL_MODULE
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.person_writes import LEAD, PARTNER
from pardot_odoo_pipeline.odoo.provisioning.installation import QUIET, Installation
from pardot_odoo_pipeline.odoo.provisioning.report import Outcome, ProvisionReport

__all__ = ["PushTarget", "PushingRule", "provision_webhooks", "pushing_rules", "watched_fields"]

_RULE, _ACTION = "base.automation", "ir.actions.server"
_PREFIX, _ACTION_PREFIX = "webhook_", "webhook_call_"
_LINKED = "x_pardot_prospect_id"
_NO_CALLS = "x_pardot_do_not_call"
_LABELS = {LEAD: "leads", PARTNER: "contacts"}
_TOLD = ("id", "write_date", "write_uid")

# What becomes of a deal, beside the mapped fields.
_DEAL = (
    *("active", "date_deadline", "expected_revenue", "lost_reason_id", "partner_id", "stage_id"),
    *("team_id", "type", "user_id", "won_status", "x_pardot_qualified", "x_pardot_review"),
)
_CONTACT = ("active", "parent_id")
_ACTING = re.compile(r"if uid != (\d+) else")


@dataclass(frozen=True)
class PushTarget:
    """Where Odoo shall push to.

    Attributes:
        source: The configured source that the events come from.
        url: Its address; may hold a secret.
    """

    source: str
    url: str


@dataclass(frozen=True)
class PushingRule:
    """A rule that is in Odoo.

    Attributes:
        source: Whose it is.
        model: What it watches.
        active: Whether it pushes.
        url: Where to, empty where its webhook is gone.
    """

    source: str
    model: str
    active: bool
    url: str


def watched_fields(rules: Rules, model: str) -> frozenset[str]:
    """The fields whose change is news for Pardot, whatever this Odoo has of them."""
    mapped = {
        name
        for rule in rules.fields.values()
        if rule.direction is not Direction.TO_ODOO
        for name in rule.targets(model)
    }
    calls = {_NO_CALLS} if rules.consent.calls else set()
    return frozenset(mapped | calls | set(_DEAL if model == LEAD else _CONTACT))


def provision_webhooks(
    client: OdooClient,
    rules: Rules,
    targets: Sequence[PushTarget],
    *,
    pipeline_user: str | None = None,
    dry_run: bool = False,
) -> ProvisionReport:
    """See that Odoo pushes changes of leads and contacts to these targets, and to no other of ours.

    Args:
        client: A connection of an administrator.
        rules: The rules file.
        targets: One for each open source of Odoo's.
        pipeline_user: Login of the user whose writes are not pushed; None: as it was set before,
            at first that of the connection.
        dry_run: Only tell what would be done.

    Raises:
        ConfigurationError: The module for automation rules is not installed, the user is no
            administrator or not known, or Odoo is not provisioned.
    """
    _ = client.version
    _refuse_no_administrator(client)
    run = Installation(client, dry_run=dry_run)
    if targets:
        _refuse_without_module(client)
    wanted: set[str] = set()
    uid = _uid_of(run, pipeline_user) if targets else 0
    for target in targets:
        for model in (LEAD, PARTNER):
            wanted.add(_external_name(target.source, model))
            _install(run, rules, target, model, uid)
    _put_to_rest(run, [name for name in _owned_rules(run) if name not in wanted])
    return ProvisionReport(tuple(run.steps), dry_run)


def pushing_rules(client: OdooClient) -> tuple[PushingRule, ...]:
    """The rules of ours that are in Odoo, active or not."""
    run = Installation(client, dry_run=True)
    owned = _owned_rules(run)
    if not owned:
        return ()
    rows = client.read(_RULE, list(owned.values()), ["active", "action_server_ids"], context=QUIET)
    about = {row["id"]: row for row in rows}
    actions = [number for row in rows for number in row["action_server_ids"]]
    urls = {
        row["id"]: row["webhook_url"] or ""
        for row in client.read(_ACTION, actions, ["webhook_url"], context=QUIET)
    }
    return tuple(
        PushingRule(
            *_meant_by(name),
            active=bool(row["active"]),
            url=next((urls[number] for number in row["action_server_ids"] if urls[number]), ""),
        )
        for name, number in owned.items()
        if (row := about.get(number)) is not None
    )


def _install(run: Installation, rules: Rules, target: PushTarget, model: str, uid: int) -> None:
    name = _external_name(target.source, model)
    title = f"Pardot: push changed {_LABELS[model]} ({target.source})"
    fields = _field_ids(run.client, model, {*watched_fields(rules, model), *_TOLD, _LINKED})
    watched = [number for field, number in fields.items() if field not in (*_TOLD, _LINKED)]
    told = [number for field, number in fields.items() if field in _TOLD]
    # Whoever acts, not write_uid: what Odoo computes on a lead from a contact that the pipeline
    # writes is looked at while the lead still shows who wrote it before. The rest is a list of
    # conditions as Odoo's own editor of domains understands it.
    acting = f"[True, False] if uid != {uid} else []"
    domain = f"[('{_LINKED}', '!=', False), ('active', 'in', {acting})]"
    rule: Mapping[str, str] = {
        "name": title,
        "model_id/.id": str(run.models[model]),
        "trigger": "on_create_or_write",
        "trigger_field_ids/.id": _listed(watched),
        "filter_domain": domain,
        "active": "True",
    }
    run.install("rule", title, _RULE, name, rule)
    action: Mapping[str, str] = {
        "name": title,
        "model_id/.id": str(run.models[model]),
        "state": "webhook",
        "usage": "base_automation",
        "base_automation_id/id": f"{EXTERNAL_MODULE}.{name}",
        "webhook_url": target.url,
        "webhook_field_ids/.id": _listed(told),
    }
    run.install("webhook", title, _ACTION, _action_name(target.source, model), action)


def _put_to_rest(run: Installation, names: Sequence[str]) -> None:
    """Rules of sources that are closed stay in Odoo, and push nothing."""
    numbers = {run.owned[name]: name for name in names}
    if not numbers:
        return
    rows = run.client.read(_RULE, list(numbers), ["name", "active"], context=QUIET)
    busy = [row["id"] for row in rows if row["active"]]
    if busy and not run.dry_run:
        run.client.write(_RULE, busy, {"active": False}, context=QUIET)
    for row in rows:
        outcome = Outcome.CHANGED if row["id"] in busy else Outcome.EXISTS
        run.step("rule", row["name"], outcome, "it rests: its source is closed")


def _refuse_no_administrator(client: OdooClient) -> None:
    if not client.call(
        "res.users", "has_group", ids=[client.uid], group_ext_id="base.group_system"
    ):
        raise ConfigurationError(
            "The Odoo user may not add automation rules",
            fix="Run it as a user with the right Administration: Settings, and name the daily one "
            "with --pipeline-user",
            code="not_administrator",
        )


def _refuse_without_module(client: OdooClient) -> None:
    if not client.search("ir.model", [["model", "=", _RULE]]):
        raise ConfigurationError(
            "Odoo has no automation rules: its module base_automation is not installed",
            fix="Install Automation Rules (base_automation) under Apps; without it changes in Odoo "
            "are found by the schedule",
            code="no_automation_rules",
        )


def _uid_of(run: Installation, login: str | None) -> int:
    """The user whose writes are not pushed."""
    if login is None:
        uid, why = _uid_in_rules(run), "as before"
        if uid is None:
            uid, why = run.client.uid, "the user of this connection"
    else:
        found = run.client.search("res.users", [["login", "=", login]], context=QUIET)
        if not found:
            raise ConfigurationError(
                "Odoo has no user of the login that --pipeline-user names",
                fix="Name the login under which the synchronisation runs day by day",
                code="unknown_user",
            )
        uid, why = found[0], "named by --pipeline-user"
    told = f"what it writes is not pushed ({why}); --pipeline-user names another one"
    run.step("user", f"number {uid}", Outcome.EXISTS, told)
    return uid


def _uid_in_rules(run: Installation) -> int | None:
    """Whom the rules that are there leave out: who repeats a command need not name it again."""
    numbers = list(_owned_rules(run).values())
    for row in run.client.read(_RULE, numbers, ["filter_domain"], context=QUIET) if numbers else ():
        if match := _ACTING.search(row["filter_domain"] or ""):
            return int(match[1])
    return None


def _field_ids(client: OdooClient, model: str, names: set[str]) -> dict[str, int]:
    """The fields of that name that this Odoo has, those of the pipeline's own without exception."""
    # 19 says in a word how a deal ended; on 18 it follows from the probability.
    domain = [["model", "=", model], ["name", "in", sorted({*names, "probability"})]]
    rows = client.search_read("ir.model.fields", domain, ["name"], order="name")
    found = {row["name"]: row["id"] for row in rows}
    if "won_status" in found or "won_status" not in names:
        found.pop("probability", None)
    missing = sorted(name for name in names - set(found) if name.startswith("x_"))
    if missing:
        raise ConfigurationError(
            f"Odoo's {model} lacks {', '.join(missing)}",
            fix="Run `pardot-odoo provision` first",
            code="not_provisioned",
        )
    return found


def _owned_rules(run: Installation) -> dict[str, int]:
    """External names of the rules that are ours, to their ids."""
    return {
        name: number
        for name, number in run.owned.items()
        if name.startswith(_PREFIX) and not name.startswith(_ACTION_PREFIX)
    }


def _external_name(source: str, model: str) -> str:
    return f"{_PREFIX}{_LABELS[model]}_{source}"


def _action_name(source: str, model: str) -> str:
    return f"{_ACTION_PREFIX}{_LABELS[model]}_{source}"


def _meant_by(external_name: str) -> tuple[str, str]:
    label, _, source = external_name.removeprefix(_PREFIX).partition("_")
    return source, next(model for model, name in _LABELS.items() if name == label)


def _listed(numbers: Sequence[int]) -> str:
    """Records as `load()` takes them and `Installation` compares them."""
    return ",".join(map(str, sorted(numbers)))
