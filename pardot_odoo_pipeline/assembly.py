"""From settings to ports: the one place that opens connections.

What lives here: building clients, ledger and mapping from settings, and the checks that must pass
before anything is written. What does not: Dagster (`resources` wraps this for it).
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from pardot_odoo_pipeline.audit_assembly import audit_of, standing_audit
from pardot_odoo_pipeline.caching import Cache
from pardot_odoo_pipeline.call_times import CallTimes
from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.lookup_key import LookupKey, load_lookup_key
from pardot_odoo_pipeline.ledger.store import identity
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.mapping.rules_file import load_rules, rule_places
from pardot_odoo_pipeline.mapping.schema_check import check_schema, needs_definitions
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.consent import Blacklist
from pardot_odoo_pipeline.odoo.loader import choose_loader
from pardot_odoo_pipeline.odoo.reference import OdooReference
from pardot_odoo_pipeline.odoo.reference_cache import ReferenceClient
from pardot_odoo_pipeline.operations import credentials
from pardot_odoo_pipeline.operations.audit import AuditLog
from pardot_odoo_pipeline.operations.audit_port import NoAudit
from pardot_odoo_pipeline.operations.budget import Lane
from pardot_odoo_pipeline.operations.quota import CallBudget
from pardot_odoo_pipeline.outside import Outside
from pardot_odoo_pipeline.pardot.backoff import Backoff
from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline.pardot.token_store import FileTokenStore
from pardot_odoo_pipeline.ports import Ports, Progress, Worker, silent
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline.steps.odoo_mapping import OdooMapping

__all__ = [
    "build_ports",
    "call_budget",
    "forget_reference_data",
    "ledger_of",
    "odoo_client",
    "pardot_client",
    "reference_client",
    "rules_of",
]

_LOOK_SECONDS = (5.0, 15.0)
"""To connect, and to answer; with both a look at both systems stays under Dagster's minute."""

_Call = TypeVar("_Call")

_MACHINE = Outside()

_NAME_LENGTH = 36
"""With the moment behind it, what the ledger's column holds."""


def rules_of(settings: Settings) -> Rules:
    """The rules file that ``PIPELINE_CONFIG`` names, else the defaults.

    Raises:
        ConfigurationError: The file is wrong, or meant for another business unit.
    """
    return load_rules(settings.pipeline_config)


def ledger_of(settings: Settings) -> Ledger:
    """The ledger, its tables up to date."""
    settings.home.create()
    return open_ledger(settings.ledger_location)


def call_budget(
    settings: Settings, rules: Rules, ledger: Ledger, worker: Worker | None = None
) -> CallBudget:
    """What all processes of this installation may ask of Pardot."""
    worker_id = (worker or Worker()).id
    return CallBudget(ledger, settings.clock(), rules.quota, rules.account_time_zone, worker_id)


def pardot_client(
    settings: Settings,
    budget: CallBudget | None = None,
    outside: Outside = _MACHINE,
    *,
    patient: bool = True,
    times: CallTimes | None = None,
    audit: AuditLog | None = None,
) -> PardotClient:
    """A client of the configured Pardot; nothing is sent yet.

    Args:
        settings: The installation.
        budget: What pays for its calls, where the caller has it at hand.
        outside: What the process finds around it.
        patient: Whether it tries again within a call, and waits long; a mere look does not.
        times: Where it is noted how long calls take.
        audit: Is told of its calls; one of its own where there is none.
    """
    hurried: dict[str, Any] = {"backoff": Backoff(attempts=1), "timeouts": _LOOK_SECONDS}
    connection = settings.pardot_connection()
    budget = budget or call_budget(settings, rules_of(settings), ledger_of(settings))
    audit = audit or _standing(settings, outside)
    clock = settings.clock()
    return PardotClient(
        connection,
        clock=clock,
        token_store=FileTokenStore(settings.home.keys, outside.replace_file, clock.sleep),
        max_in_flight=budget.rules.max_in_flight,
        gate=budget.gate(Lane.INTERVAL),
        on_sign_in=audit.sign_in if audit else None,
        request_ids=audit.request_id if audit else None,
        **({} if patient else hurried),
        on_call=_all(audit.pardot_call if audit else None, times.pardot if times else None),
        outside=outside,
    )


def odoo_client(
    settings: Settings, outside: Outside = _MACHINE, *, patient: bool = True
) -> OdooClient:
    """A client of the configured Odoo; nothing is sent yet.

    Args:
        settings: The installation.
        outside: What the process finds around it.
        patient: Whether it waits long for an answer; a mere look does not.
    """
    audit = _standing(settings, outside)
    connection = settings.odoo_connection()
    if not patient:
        connect, read = _LOOK_SECONDS
        connection = replace(connection, connect_timeout=connect, read_timeout=read)
    return OdooClient(
        connection,
        session=outside.session(),
        stopwatch=outside.stopwatch,
        on_call=audit.odoo_call if audit else None,
        request_ids=audit.request_id if audit else None,
    )


def reference_client(
    settings: Settings,
    rules: Rules,
    lookup_key: LookupKey,
    outside: Outside = _MACHINE,
    *,
    times: CallTimes | None = None,
    audit: AuditLog | None = None,
) -> ReferenceClient:
    """The same for batches: what rarely changes is asked for as often as the rules want.

    A process that runs a quiet interval would else spend more calls on getting ready than on
    looking for changes.
    """
    connection = settings.odoo_connection()
    whose = "\n".join((connection.url, connection.database, connection.username, connection.secret))
    memory = Cache(
        settings.home.cache / f"odoo-{lookup_key.hash(whose)[:16]}.json",
        settings.clock().now,
        timedelta(minutes=rules.reference_minutes),
        outside.replace_file,
    )
    audit = audit or _standing(settings, outside)
    return ReferenceClient(
        connection,
        memory,
        session=outside.session(),
        stopwatch=outside.stopwatch,
        on_call=_all(audit.odoo_call if audit else None, times.odoo if times else None),
        request_ids=audit.request_id if audit else None,
    )


def _standing(settings: Settings, outside: Outside) -> AuditLog | None:
    """What is told of calls, unless this world is one that is replayed."""
    return standing_audit(settings) if outside.is_real else None


def _all(*listeners: Callable[[_Call], None] | None) -> Callable[[_Call], None]:
    """One listener for several."""
    told = [one for one in listeners if one is not None]

    def tell(call: _Call) -> None:
        for one in told:
            one(call)

    return tell


def forget_reference_data(settings: Settings) -> None:
    """Drop what batches remember of both systems: something of it was just changed."""
    shutil.rmtree(settings.home.cache, ignore_errors=True)


def build_ports(
    settings: Settings,
    *,
    progress: Progress = silent,
    outside: Outside = _MACHINE,
    ledger: Ledger | None = None,
    worker: Worker | None = None,
) -> Ports:
    """Open everything that a batch needs.

    Args:
        settings: The installation.
        progress: Told how far a batch is.
        outside: What the process finds around it.
        ledger: One that is open already.
        worker: Who this process is, where it does not find out for itself.

    Raises:
        ConfigurationError: Half a configuration, a broken rules file, an Odoo below 18 or without
            CRM or not provisioned, or another pair of systems than the ledger belongs to.
        PipelineError: One of the systems does not answer.
    """
    rules = rules_of(settings)
    connection = settings.pardot_connection()
    _same_business_unit(rules, connection.business_unit_id)
    ledger = ledger or ledger_of(settings)
    audit = audit_of(settings, rules, ledger) if outside.is_real else None
    try:
        return _opened(settings, rules, ledger, audit, progress, outside, worker or Worker())
    except BaseException:  # a termination, too: its thread would keep the process alive
        if audit is not None:
            audit.close()
        raise


def _opened(
    settings: Settings,
    rules: Rules,
    ledger: Ledger,
    audit: AuditLog | None,
    progress: Progress,
    outside: Outside,
    worker: Worker,
) -> Ports:
    home, connection = settings.home, settings.pardot_connection()
    lookup_key = load_lookup_key(home.keys)
    times = CallTimes()
    odoo = reference_client(settings, rules, lookup_key, outside, times=times, audit=audit)
    _ = odoo.version  # new enough, login accepted, CRM there
    # Never from memory: another database may stand at the same address by now.
    stamp_ledger(ledger, lookup_key, connection.business_unit_id, odoo, settings)
    credentials.note(ledger, settings, rules, lookup_key, settings.clock().now())
    budget = call_budget(settings, rules, ledger, worker)
    pardot = pardot_client(settings, budget, outside, times=times, audit=audit)
    reference, mapping = _mapping(rules, odoo, pardot, rule_places(settings.pipeline_config))
    return Ports(
        rules=rules,
        clock=settings.clock(),
        ledger=ledger,
        lookup_key=lookup_key,
        pardot=pardot,
        odoo=odoo,
        loader=choose_loader(odoo),
        reference=reference,
        mapping=mapping,
        blacklist=Blacklist.of(odoo),
        spool_root=home.spool,
        worker=worker,
        budget=budget,
        progress=progress,
        call_times=times,
        audit=audit or NoAudit(),
        outside=outside,
    )


def _mapping(
    rules: Rules, odoo: ReferenceClient, pardot: PardotClient, places: Mapping[tuple[str, ...], str]
) -> tuple[OdooReference, OdooMapping]:
    """The rules on these systems; asked once more where they do not fit what is remembered."""
    definitions = pardot.custom_fields() if needs_definitions(rules) else ()
    try:
        return _checked(rules, odoo, definitions, places)
    except ConfigurationError:
        odoo.forget()
    return _checked(rules, odoo, definitions, places)


def _checked(
    rules: Rules,
    odoo: ReferenceClient,
    definitions: Iterable[Mapping[str, Any]],
    places: Mapping[tuple[str, ...], str],
) -> tuple[OdooReference, OdooMapping]:
    reference = OdooReference.load(odoo)
    mapping = OdooMapping.of(rules, reference)
    check_schema(rules, mapping.lookups, definitions, places)
    return reference, mapping


def stamp_ledger(
    ledger: Ledger,
    lookup_key: LookupKey,
    business_unit_id: str,
    odoo: OdooClient,
    settings: Settings,
) -> None:
    """Make sure that this ledger belongs to these two systems."""
    database = database_identity(odoo)
    with ledger.write() as connection:
        identity.stamp(
            connection,
            business_unit_id,
            database,
            now=settings.clock().now(),
            lookup_key_fingerprint=lookup_key.fingerprint,
        )


def database_identity(odoo: OdooClient) -> str:
    """What tells this Odoo database from every other one, read alike by every user.

    Its name and the second in which it was made. Not the address, which changes when a server
    moves, and not ``database.uuid``, which only administrators may read.
    """
    first = odoo.read("res.users", [1], ["create_date"])
    made = first[0]["create_date"] if first else "unknown"
    name = odoo.connection.database
    if len(name) > _NAME_LENGTH:  # copies of one database differ in the end of a long name
        name = f"{name[:20]}~{hashlib.sha256(name.encode()).hexdigest()[:15]}"
    return f"{name} made {made}"


def _same_business_unit(rules: Rules, configured: str) -> None:
    if rules.business_unit_id and rules.business_unit_id != configured:
        raise ConfigurationError(
            f"The rules file is for business unit {rules.business_unit_id}, the settings name "
            f"{configured}",
            fix="Correct business_unit_id in the rules file or PARDOT_BUSINESS_UNIT_ID",
            code="other_business_unit",
        )
