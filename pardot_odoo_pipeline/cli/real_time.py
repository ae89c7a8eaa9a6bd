"""What `up` starts for pushed events: the receiver, the warm worker, and who pushes in the sandbox.

What lives here: starting them and, in the sandbox, connecting them. What does not: what they do
(``webhooks``, `worker`), and starting them again (`processes`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

import requests

from pardot_odoo_pipeline.cli.console import say
from pardot_odoo_pipeline.cli.processes import (
    Child,
    Supervised,
    free_port,
    is_free,
    read_state,
)
from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.settings import Settings

__all__ = ["receiver", "warm_worker"]

_START_SECONDS = 60

_ACTS_A_MINUTE = 6
_PAST_DAYS = 60
_FEW = 5_000
"""Up to so many people a past is made up within seconds."""


@contextlib.contextmanager
def receiver(
    settings: Settings, simulated: Collection[str], *, prospects: int
) -> Iterator[list[Supervised]]:
    """The receiver, where somebody may push; the sandbox is told to, and people begin to act in it.

    Args:
        settings: The installation.
        simulated: Which of the two systems are the sandbox.
        prospects: Size of the sandbox.

    Raises:
        PipelineError: It did not start, or a rule or secret is wrong.
    """
    from pardot_odoo_pipeline.assembly import rules_of
    from pardot_odoo_pipeline.webhooks.secrets import ensure_secret, open_sources

    rules = rules_of(settings)
    for name, rule in rules.webhooks.sources.items():
        if rule.active and rule.system.value in simulated:
            ensure_secret(settings, rules, name)
    if not open_sources(settings, rules):
        say("Nobody may push events: no source has a secret (`provision --webhooks` makes them).")
        yield []
        return
    port = settings.webhook_port
    if simulated and not is_free(port):
        port = free_port()

    def start() -> Child:
        return Child(
            "The webhook receiver",
            "pardot_odoo_pipeline.webhooks",
            [],
            settings.home.logs / "receiver.log",
            env={"WEBHOOK_PORT": str(port)},
        )

    supervised = Supervised(start, say)
    try:
        child = supervised.child
        path = settings.home.path / "webhooks.json"
        url = child.wait_until(partial(read_state, path, child.pid), _START_SECONDS)["url"]
        supervised.proved = True
        say(f"Pushed events are received: {url}/webhooks/… (log: {child.log})")
        _connect_sandbox(settings, simulated, url, prospects)
        yield [supervised]
    finally:
        supervised.end()


@contextlib.contextmanager
def warm_worker(settings: Settings) -> Iterator[Supervised]:
    """The process that takes pushed events at once."""

    def start() -> Child:
        return Child(
            "The warm worker",
            "pardot_odoo_pipeline.worker",
            [],
            settings.home.logs / "worker.log",
        )

    supervised = Supervised(start, say)
    try:
        child = supervised.child
        child.wait_until(partial(_is_at_work, settings, child.pid), _START_SECONDS)
        supervised.proved = True
        say(f"The warm worker is ready (log: {child.log})")
        yield supervised
    finally:
        supervised.end()


def _is_at_work(settings: Settings, pid: int) -> bool:
    from pardot_odoo_pipeline.assembly import ledger_of
    from pardot_odoo_pipeline.ledger.store import workers

    with ledger_of(settings) as ledger, ledger.read() as connection:
        known = workers.listed(connection)
    return any(one.pid == pid and one.stopped_at is None for one in known)


def _connect_sandbox(
    settings: Settings, simulated: Collection[str], url: str, prospects: int
) -> None:
    """Let the sandbox push here, as `provision --webhooks` and Salesforce would."""
    from pardot_odoo_pipeline.cli.provision_webhooks import run_webhook_provisioning

    if "odoo" in simulated:
        run_webhook_provisioning(settings)
    wish = _pushes(settings, url) if "pardot" in simulated else None
    if wish:
        control = settings.sandbox_state("pardot")["control_url"]
        life: dict[str, int] = {"per_minute": _ACTS_A_MINUTE}
        if prospects <= _FEW:
            life["past_days"] = _PAST_DAYS
        try:
            requests.put(f"{control}/pushes", json=wish, timeout=10).raise_for_status()
            requests.put(f"{control}/life", json=life, timeout=120).raise_for_status()
        except requests.RequestException:
            raise PipelineError(
                "The Pardot sandbox could not be told where to push",
                fix="See sandbox-pardot.log in the folder of logs",
            ) from None
        say(
            f"People act in the sandbox, {_ACTS_A_MINUTE} times a minute; "
            f"quiet again: curl -X DELETE {control}/life"
        )


def _pushes(settings: Settings, url: str) -> dict[str, Any]:
    from pardot_odoo_pipeline.assembly import rules_of
    from pardot_odoo_pipeline.mapping.webhook_rules import Authentication
    from pardot_odoo_pipeline.pushed_events import System
    from pardot_odoo_pipeline.webhooks.secrets import open_sources, source_url

    sources = open_sources(settings, rules_of(settings)).values()
    for source in sources:
        if source.rule.system is System.PARDOT:
            how = {Authentication.SIGNATURE: "secret", Authentication.BEARER: "bearer"}
            member = how.get(source.rule.authentication)
            return {
                "url": source_url(url, source),
                **({member: source.secrets[0]} if member else {}),
            }
    return {}
