"""Looking and telling in one go, for whoever has the settings: a sensor, or a command at its end.

What lives here: from settings to channels, and the order of looking and telling. What does not:
what is looked at (`standing`, `unusual`) and how it is told (`notices`).
"""

from __future__ import annotations

from collections.abc import Sequence

from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.lookup_key import load_lookup_key
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.operations import standing, unusual
from pardot_odoo_pipeline.operations.channels import Channel, channels_of
from pardot_odoo_pipeline.operations.notice_texts import Pages
from pardot_odoo_pipeline.operations.notices import Delivery, deliver
from pardot_odoo_pipeline.settings import Settings

__all__ = ["channels_in", "look_and_tell", "pages_of"]

_USUAL_PAGES = "http://127.0.0.1:3000"


def look_and_tell(settings: Settings, rules: Rules, ledger: Ledger, *, serving: bool) -> Delivery:
    """Bring the incidents up to date, then tell people of those that they do not know.

    Args:
        settings: The installation.
        rules: What is told.
        ledger: Where incidents are.
        serving: Whether somebody works off what waits; a command that ends does not.

    Raises:
        PipelineError: ``ALERT_URLS`` cannot be read, or the ledger does not answer.
    """
    clock = settings.clock()
    now = clock.now()
    standing.look(ledger, now=now)
    unusual.look(ledger, rules.alerts.thresholds, now=now, serving=serving and rules.active)
    return deliver(
        ledger, channels_in(settings), rules.alerts, clock=clock, pages=pages_of(settings)
    )


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
