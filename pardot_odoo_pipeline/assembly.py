"""From settings to ports: the one place that opens connections.

What lives here: building clients, ledger and mapping from settings, and the checks that must pass
before anything is written. What does not: Dagster (`resources` wraps this for it).
"""

from __future__ import annotations

import hashlib

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.ledger.engine import Ledger, open_ledger
from pardot_odoo_pipeline.ledger.lookup_key import LookupKey, load_lookup_key
from pardot_odoo_pipeline.ledger.store import identity
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.mapping.rules_file import load_rules
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.consent import Blacklist
from pardot_odoo_pipeline.odoo.loader import choose_loader
from pardot_odoo_pipeline.odoo.reference import OdooReference
from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline.pardot.token_store import FileTokenStore
from pardot_odoo_pipeline.ports import Ports, Progress, Worker, silent
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline.steps.odoo_mapping import OdooMapping

__all__ = ["build_ports", "ledger_of", "odoo_client", "pardot_client", "rules_of"]

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


def pardot_client(settings: Settings) -> PardotClient:
    """A client of the configured Pardot; nothing is sent yet."""
    return PardotClient(
        settings.pardot_connection(),
        clock=settings.clock(),
        token_store=FileTokenStore(settings.home.keys),
    )


def odoo_client(settings: Settings) -> OdooClient:
    """A client of the configured Odoo; nothing is sent yet."""
    return OdooClient(settings.odoo_connection())


def build_ports(settings: Settings, *, progress: Progress = silent) -> Ports:
    """Open everything that a batch needs.

    Raises:
        ConfigurationError: Half a configuration, a broken rules file, an Odoo below 18 or without
            CRM or not provisioned, or another pair of systems than the ledger belongs to.
        PipelineError: One of the systems does not answer.
    """
    rules = rules_of(settings)
    connection = settings.pardot_connection()
    _same_business_unit(rules, connection.business_unit_id)
    home = settings.home.create()
    clock = settings.clock()
    ledger = ledger_of(settings)
    lookup_key = load_lookup_key(home.keys)
    odoo = odoo_client(settings)
    _ = odoo.version  # new enough, login accepted, CRM there
    stamp_ledger(ledger, lookup_key, connection.business_unit_id, odoo, settings)
    reference = OdooReference.load(odoo)
    return Ports(
        rules=rules,
        clock=clock,
        ledger=ledger,
        lookup_key=lookup_key,
        pardot=pardot_client(settings),
        odoo=odoo,
        loader=choose_loader(odoo),
        reference=reference,
        mapping=OdooMapping.of(rules, reference),
        blacklist=Blacklist.of(odoo),
        spool_root=home.spool,
        worker=Worker(),
        progress=progress,
    )


def stamp_ledger(
    ledger: Ledger,
    lookup_key: LookupKey,
    business_unit_id: str,
    odoo: OdooClient,
    settings: Settings,
) -> None:
    """Make sure that this ledger belongs to these two systems."""
    with ledger.write() as connection:
        identity.stamp(
            connection,
            business_unit_id,
            database_identity(odoo),
            now=settings.clock().now(),
            lookup_key_fingerprint=lookup_key.fingerprint,
        )


def database_identity(odoo: OdooClient) -> str:
    """What tells this Odoo database from every other one, read alike by every user.

    Its name and the second in which it was made. Not the address, which changes when a server
    moves, and not ``database.uuid``, which only administrators may read.
    """
    everyone = {"active_test": False}
    first = odoo.search_read("res.users", [("id", "=", 1)], ["create_date"], context=everyone)
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
