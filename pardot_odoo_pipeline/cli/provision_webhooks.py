"""`pardot-odoo provision --webhooks`: whoever can push is made to, and can be tried.

What lives here: the order of the parts for all sources, and the report of the check. What does not:
Odoo's rules (``odoo/provisioning/webhooks.py``), Salesforce's files (``webhooks/senders``), and the
test event (``webhooks/probe.py``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pardot_odoo_pipeline.assembly import ledger_of, odoo_client, rules_of
from pardot_odoo_pipeline.cli.console import emit_json, say
from pardot_odoo_pipeline.errors import ConfigurationError, PipelineError
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.mapping.webhook_rules import Authentication
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.provisioning.report import (
    Outcome,
    ProvisionReport,
    ProvisionStep,
)
from pardot_odoo_pipeline.odoo.provisioning.webhooks import (
    PushTarget,
    provision_webhooks,
    pushing_rules,
)
from pardot_odoo_pipeline.pushed_events import System
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline.webhooks.address import receiver_address
from pardot_odoo_pipeline.webhooks.probe import Verdict, probe
from pardot_odoo_pipeline.webhooks.secrets import (
    Source,
    ensure_secret,
    open_sources,
    secret_place,
    secrets_of,
    source_url,
)
from pardot_odoo_pipeline.webhooks.senders.kit import kit_files, write_kit

__all__ = ["check_webhooks", "run_webhook_provisioning"]

_NOT_MADE_YET = "NOT-MADE-YET"


def run_webhook_provisioning(
    settings: Settings, *, pipeline_user: str | None = None, dry_run: bool = False
) -> tuple[ProvisionReport, dict[str, Any]]:
    """Give every active source a secret, Odoo its automation rules, Salesforce its files.

    Args:
        settings: The environment.
        pipeline_user: Login of the user whose writes Odoo does not push; None: as before, at first
            ``ODOO_USERNAME``.
        dry_run: Only tell what would be done.

    Returns:
        The steps, and what else a program may want to know: address and warnings.

    Raises:
        ConfigurationError: There is no address, a secret is refused, or Odoo is not fit.
    """
    rules = rules_of(settings)
    address = receiver_address(settings)
    warnings = [address.warning] if address.warning else []
    steps: list[ProvisionStep] = []
    sources = _opened(settings, rules, steps, dry_run=dry_run)
    for source in sources:
        if source.rule.system is System.PARDOT:
            folder = settings.home.path / "webhooks" / source.name
            steps += _kit(settings, rules, source, address.url, folder, dry_run=dry_run)
            if source.rule.authentication is Authentication.TOKEN:
                warnings.append(f"The files in {folder} hold the secret of {source.name}")
    targets = [
        PushTarget(source.name, source_url(address.url, source))
        for source in sources
        if source.rule.system is System.ODOO
    ]
    try:
        report = provision_webhooks(
            odoo_client(settings),
            rules,
            targets,
            pipeline_user=pipeline_user,
            dry_run=dry_run,
        )
        steps += report.steps
    except ConfigurationError as refusal:
        # What Salesforce needs is not Odoo's business.
        if targets or refusal.code != "not_administrator":
            raise
        warnings.append("This user is no administrator of Odoo: its rules were not looked at")
    return ProvisionReport(tuple(steps), dry_run), {"address": address.url, "warnings": warnings}


def check_webhooks(settings: Settings, *, wait: float, as_json: bool) -> None:
    """Send every open source a test event, look for it, and look at Odoo's rules.

    Raises:
        ConfigurationError: No source is open, or there is no address.
        PipelineError: At least one did not arrive, or a rule is missing or rests.
    """
    rules = rules_of(settings)
    sources = open_sources(settings, rules)
    if not sources:
        raise ConfigurationError(
            "No source is open: none that is active has a secret",
            fix="Run `pardot-odoo provision --webhooks`, which makes them",
            code="no_open_source",
        )
    address = receiver_address(settings)
    if address.warning:
        say(f"warning: {address.warning}")
    documents = []
    failed = 0
    with ledger_of(settings) as ledger:
        for source in sources.values():
            verdict = probe(source, address.url, ledger, settings.clock(), wait=wait)
            say(_line(verdict))
            document = {"system": source.rule.system.value, **dataclasses.asdict(verdict)}
            document["arrived"] = verdict.arrived
            failed += not verdict.arrived
            if source.rule.system is System.ODOO:
                state, told = _state_of_rules(settings, source, address.url)
                say(f"{'ok' if state == 'active' else state:8} {source.name}: {told}")
                document["rules"] = state
                failed += state not in ("active", "unknown")
            documents.append(document)
    if as_json:
        emit_json({"address": address.url, "sources": documents, "failed": failed})
    if failed:
        raise PipelineError(
            f"{failed} of the checks failed",
            fix="The lines above name each with its cause and fix",
            code="webhook_check",
        )


def _opened(
    settings: Settings, rules: Rules, steps: list[ProvisionStep], *, dry_run: bool
) -> Sequence[Source]:
    """The active sources, each with a secret; in a dry run some with a stand-in."""
    sources = []
    for name, rule in rules.webhooks.sources.items():
        if not rule.active:
            continue
        if rule.system is System.ODOO and rule.authentication is not Authentication.TOKEN:
            raise ConfigurationError(
                f"Odoo cannot push as the source {name}: its automation rules neither sign nor "
                "set a header",
                fix=f"Set authentication: token for {name} under webhooks: sources:",
                code="odoo_authentication",
            )
        found = secrets_of(settings, rules, name)
        if found:
            outcome = Outcome.EXISTS
        else:
            outcome = Outcome.CREATED
            found = (_NOT_MADE_YET,) if dry_run else (ensure_secret(settings, rules, name),)
        steps.append(
            ProvisionStep("secret", name, outcome, f"in {secret_place(settings, rules, name)}")
        )
        sources.append(Source(name, rule, found))
    return sources


def _kit(
    settings: Settings, rules: Rules, source: Source, base: str, folder: Path, *, dry_run: bool
) -> list[ProvisionStep]:
    place = secret_place(settings, rules, source.name)
    told = f"`{place}`" + (" (a file)" if "/" in place else " (in the environment)")
    return write_kit(folder, kit_files(source, rules.webhooks, base, told), dry_run=dry_run)


def _line(verdict: Verdict) -> str:
    if verdict.arrived:
        return f"ok       {verdict.source}: the test event arrived after {verdict.seconds:.2f} s"
    return f"failed   {verdict.source}: {verdict.cause}. {verdict.fix}"


def _state_of_rules(settings: Settings, source: Source, base: str) -> tuple[str, str]:
    """One word on Odoo's rules for a source, and a sentence."""
    again = "Run `pardot-odoo provision --webhooks`"
    try:
        client: OdooClient = odoo_client(settings)
        found = [rule for rule in pushing_rules(client) if rule.source == source.name]
    except PipelineError as failure:
        return "unknown", f"Odoo's automation rules cannot be seen from here ({failure.code})"
    if len(found) < 2:
        return "missing", f"Odoo has no automation rules that push. {again}"
    if not all(rule.active for rule in found):
        return "resting", f"Odoo's automation rules are archived. {again}"
    if any(rule.url != source_url(base, source) for rule in found):
        return "astray", f"Odoo's automation rules push to another address. {again}"
    return "active", f"{len(found)} automation rules in Odoo push here"
