"""Looking and telling in one go, for whoever has the settings: a sensor, or a command at its end.

What lives here: from settings to channels, and the order of looking and telling. What does not:
what is looked at (`standing`, `unusual`) and how it is told (`notices`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.lookup_key import load_lookup_key
from pardot_odoo_pipeline.ledger.store import incidents
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.operations import health, standing, unusual
from pardot_odoo_pipeline.operations.channels import Channel, channels_of
from pardot_odoo_pipeline.operations.notice_texts import Pages
from pardot_odoo_pipeline.operations.notices import Delivery, deliver
from pardot_odoo_pipeline.settings import Settings

__all__ = ["channels_in", "look_and_tell", "pages_of"]

_CHANNELS = "alerts:channels"
_USUAL_PAGES = "http://127.0.0.1:3000"


def look_and_tell(settings: Settings, rules: Rules, ledger: Ledger, *, serving: bool) -> Delivery:
    """Bring the incidents up to date, then tell people of those that they do not know.

    Args:
        settings: The installation.
        rules: What is told.
        ledger: Where incidents are.
        serving: Whether somebody works off what waits; a command that ends does not.

    Raises:
        PipelineError: The ledger does not answer.
    """
    clock = settings.clock()
    now = clock.now()
    standing.look(ledger, now=now)
    with ledger.read() as connection:
        left = health.quota_left(connection, rules, now=now)
    unusual.look(
        ledger,
        rules.alerts.thresholds,
        now=now,
        quota_left=left,
        serving=serving and rules.active,
    )
    try:
        channels = channels_in(settings)
    except ConfigurationError as mistake:
        _note_channels(ledger, mistake, now)
        return Delivery(0, {"ALERT_URLS": mistake.cause})
    _note_channels(ledger, None, now)
    return deliver(ledger, channels, rules.alerts, clock=clock, pages=pages_of(settings))


def _note_channels(ledger: Ledger, mistake: ConfigurationError | None, now: datetime) -> None:
    """That nobody can be told cannot be told, but `status` can show it."""
    with ledger.read() as connection:
        known = any(one.cause_key == _CHANNELS for one in incidents.open_incidents(connection))
    if known == (mistake is not None):
        return
    with ledger.write() as connection:
        if mistake is None:
            incidents.recover(connection, _CHANNELS, now=now)
            return
        said = {"title": "Nobody can be told", "text": mistake.cause, "fix": mistake.fix}
        incidents.report(connection, _CHANNELS, now=now, code=mistake.code, detail=said)


def channels_in(settings: Settings) -> Sequence[Channel]:
    """Who can be told.

    Raises:
        ConfigurationError: ``ALERT_URLS`` cannot be read.
    """
    if settings.alert_urls is None:
        return ()
    return channels_of(settings.alert_urls, load_lookup_key(settings.home.keys))


def pages_of(settings: Settings) -> Pages:
    """Where Dagster's pages are, as far as the settings know."""
    return Pages((settings.dagster_public_url or _USUAL_PAGES).rstrip("/"))
