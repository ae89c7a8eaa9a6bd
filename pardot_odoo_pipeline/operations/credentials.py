"""The age of credentials, and when they end: seen ahead, told in time.

What lives here: which credentials there are, what is old, and the incidents. What does not: the
rows (`ledger.store.credentials`), and the reaction to one that is refused (`operations.outages`).

The ledger keeps a keyed fingerprint of each and since when it is in use. That is all there is to
know of most: Salesforce tells no age of a client secret. Odoo tells when an API key ends.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.errors import ConfigurationError, PipelineError
from pardot_odoo_pipeline.ledger.engine import Ledger
from pardot_odoo_pipeline.ledger.lookup_key import LookupKey
from pardot_odoo_pipeline.ledger.store import credentials as store
from pardot_odoo_pipeline.ledger.store import incidents
from pardot_odoo_pipeline.ledger.store.credentials import Credential
from pardot_odoo_pipeline.mapping.quota_rules import CredentialRules
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.settings import Mode, Settings
from pardot_odoo_pipeline.webhooks.secrets import secrets_of

__all__ = ["ODOO_KEY", "Warning", "ask_odoo", "note", "warn", "warning_of"]

ODOO_KEY = "odoo_api_key"

_MODEL = "res.users.apikeys"
_SERIOUS = timedelta(days=3)
_CAUSES = ("credentials:age:", "credentials:expiry:")
_FIXES = {
    "pardot_client_secret": "Make a new consumer secret in the connected app (Salesforce: Setup, "
    "App Manager, Manage Consumer Details), put it into PARDOT_CLIENT_SECRET",
    "pardot_refresh_token": "Sign in to the connected app again, put the new token into "
    "PARDOT_REFRESH_TOKEN",
    ODOO_KEY: "Make a new API key (Odoo, as the pipeline's user: Preferences, Account Security), "
    "put it into ODOO_API_KEY, delete the old one there",
    "odoo_password": "Change the password in Odoo, put it into ODOO_PASSWORD; better still, an API "
    "key into ODOO_API_KEY",
}
_OF_A_SOURCE = "Put a new secret in front of the old one ({setting}=NEW,OLD), give it to the sender"


@dataclass(frozen=True)
class Warning:
    """A credential that should be replaced.

    Attributes:
        cause_key: Of the incident.
        title: What is wrong, in one line.
        until: The day by which it should be done.
        is_serious: Whether it stops the sync within days.
    """

    cause_key: str
    title: str
    until: datetime
    is_serious: bool


def note(ledger: Ledger, settings: Settings, rules: Rules, key: LookupKey, now: datetime) -> None:
    """Remember which credentials are in use since when."""
    seen: dict[str, list[str]] = {}
    for name, secret in _in_use(settings, rules):
        # Apart from the hashes of addresses and values, which the same key makes.
        seen.setdefault(name, []).append(key.hash(f"credential {name} {secret}")[:16])
    with ledger.read() as connection:
        known = {(one.name, one.fingerprint): one for one in store.listed(connection)}
    current = {(name, one) for name, several in seen.items() for one in several}
    mine = {(name, one) for name, one in known if name in seen}
    aged = any(now - known[one].last_seen_at > timedelta(hours=1) for one in mine & current)
    if aged or mine != current:
        with ledger.write() as connection:
            store.see(connection, seen, now=now)
            warn(connection, rules.credentials, now)


def _in_use(settings: Settings, rules: Rules) -> Iterator[tuple[str, str]]:
    if settings.pardot_mode() is Mode.REAL:
        pardot = settings.pardot_connection()
        yield "pardot_client_secret", pardot.client_secret.get_secret_value()
        if pardot.refresh_token is not None:
            yield "pardot_refresh_token", pardot.refresh_token.get_secret_value()
    if settings.odoo_mode() is Mode.REAL:
        odoo = settings.odoo_connection()
        yield ODOO_KEY if odoo.api_key is not None else "odoo_password", odoo.secret
    for source, rule in sorted(rules.webhooks.sources.items()):
        if rule.active:
            # One that cannot be used keeps its source shut, which the receiver says.
            with contextlib.suppress(ConfigurationError):
                for secret in secrets_of(settings, rules, source):
                    yield f"webhook_{source}", secret


def ask_odoo(ledger: Ledger, odoo: OdooClient) -> None:
    """Note when the API key ends, as far as Odoo tells its own user.

    Odoo does not say which of a user's keys is in use. Of several, the one that ends first counts.
    """
    if odoo.connection.api_key is None:
        return
    fields = ["expiration_date", "scope"]
    mine = [("user_id", "=", odoo.uid), ("scope", "in", [False, "rpc"])]
    try:
        rows = odoo.search_read(_MODEL, mine, fields)
    except PipelineError:
        return  # the age is known all the same
    ends = [row["expiration_date"] for row in rows if row["expiration_date"]]
    first = min(map(_moment, ends), default=None)
    with ledger.write() as connection:
        store.set_expiry(connection, ODOO_KEY, first)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def warning_of(one: Credential, rules: CredentialRules, now: datetime) -> Warning | None:
    """What is to be said of a credential now, if anything. Pure."""
    ahead = timedelta(days=rules.warn_days)
    named = one.name.replace("_", " ")
    if one.expires_at is not None and one.expires_at - now <= ahead:
        days = max((one.expires_at - now).days, 0)
        over = one.expires_at <= now
        title = f"The {named} ends in {days} days" if not over else f"The {named} has ended"
        serious = one.expires_at - now <= _SERIOUS
        return Warning(f"credentials:expiry:{one.name}", title, one.expires_at, serious)
    due = one.first_seen_at + timedelta(days=rules.rotate_days)
    if due - now > ahead:
        return None
    age = (now - one.first_seen_at).days
    title = f"The {named} is in use for {age} days"
    return Warning(f"credentials:age:{one.name}", title, due, is_serious=False)


def warn(connection: sa.Connection, rules: CredentialRules, now: datetime) -> list[Warning]:
    """Report what is old or ends soon, and recover what was replaced."""
    found: dict[str, Warning] = {}
    for one in store.listed(connection):
        warning = warning_of(one, rules, now)
        if warning is not None:
            # Of several of a name the oldest comes first, and it is the one to take out.
            found.setdefault(warning.cause_key, warning)
    for cause_key, warning in sorted(found.items()):
        incidents.report(
            connection, cause_key, now=now, code="credentials_old", detail=_detail(warning, rules)
        )
    for incident in incidents.open_incidents(connection):
        if incident.cause_key.startswith(_CAUSES) and incident.cause_key not in found:
            incidents.recover(connection, incident.cause_key, now=now)
    return list(found.values())


def _detail(warning: Warning, rules: CredentialRules) -> dict[str, Any]:
    name = warning.cause_key.rpartition(":")[2]
    setting = f"WEBHOOK_SECRET_{name.removeprefix('webhook_').upper()}"
    fix = _FIXES.get(name) or _OF_A_SOURCE.format(setting=setting)
    ends = warning.cause_key.startswith("credentials:expiry:")
    text = (
        "After that nothing can be synced until there is a new one; nothing would be lost"
        if ends
        else f"Credentials should be replaced every {rules.rotate_days} days; the sync goes on"
    )
    return {
        "title": warning.title,
        "text": f"{text}.",
        "fix": f"{fix}.",
        "severity": "error" if warning.is_serious else "warning",
        "until": warning.until.isoformat(),
    }
