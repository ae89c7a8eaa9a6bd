"""Which credentials are in use, told apart without keeping any of them.

What lives here: their keyed hashes and how each is renewed. What does not: their age and expiry,
and using them (the clients).

The hashes are made with the key of the e-mail look-up, which no snapshot holds: from a snapshot
alone nobody can even try passwords against them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import SecretStr

from pardot_odoo_pipeline.ledger.lookup_key import LookupKey
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.pardot.token_store import FileTokenStore
from pardot_odoo_pipeline.settings import Mode, Settings
from pardot_odoo_pipeline.webhooks.secrets import secret_place, secrets_of

__all__ = ["fingerprints", "how_to_renew", "still_in_use"]

_PARDOT_SECRET: Final = "PARDOT_CLIENT_SECRET"
_REFRESH: Final = "PARDOT_REFRESH_TOKEN"
_ODOO_KEY: Final = "ODOO_API_KEY"
_ODOO_PASSWORD: Final = "ODOO_PASSWORD"

_RENEWALS: Mapping[str, str] = {
    _PARDOT_SECRET: "in Salesforce Setup, App Manager, Manage Consumer Details of the connected "
    "app: generate a new consumer secret and apply it",
    _REFRESH: "revoke the old token in Salesforce Setup, Connected Apps OAuth Usage, and log in "
    "once more for a new one",
    _ODOO_KEY: "in Odoo, preferences of the pipeline's user, Account Security: delete the old API "
    "key and make a new one",
    _ODOO_PASSWORD: "in Odoo, preferences of the pipeline's user, Account Security: change the "
    "password",
}


def fingerprints(settings: Settings, rules: Rules, key: LookupKey) -> dict[str, str]:
    """Name of each credential that is set to its keyed hash; a sandbox has none to keep secret.

    Raises:
        ConfigurationError: Half a configuration, or a webhook secret cannot be read.
    """
    found: dict[str, str] = {}

    def note(name: str, secret: str | SecretStr | None) -> None:
        text = secret.get_secret_value() if isinstance(secret, SecretStr) else secret
        if text:
            # Without the name: the same secret under another name is still the old one.
            found[name] = key.hash(f"credential {text}")[:32]

    if settings.pardot_mode() is Mode.REAL:
        note(_PARDOT_SECRET, settings.pardot_client_secret)
        note(_REFRESH, settings.pardot_refresh_token)
        if settings.pardot_refresh_token is not None:
            configured = settings.pardot_refresh_token.get_secret_value()
            note(f"{_REFRESH} (rotated)", FileTokenStore(settings.home.keys).load(configured))
    if settings.odoo_mode() is Mode.REAL:
        note(_ODOO_KEY, settings.odoo_api_key)
        note(_ODOO_PASSWORD, settings.odoo_password)
    for source, rule in sorted(rules.webhooks.sources.items()):
        if rule.active:
            place = rules.webhooks.secret_name(source)
            for number, secret in enumerate(secrets_of(settings, rules, source), start=1):
                note(place if number == 1 else f"{place} ({number})", secret)
    return found


def still_in_use(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The names of today's credentials that were in use before, under whatever name."""
    old = set(before.values())
    return sorted(name for name, digest in now.items() if digest in old)


def how_to_renew(name: str, settings: Settings, rules: Rules) -> str:
    """What a person does to renew it, and where the new one goes."""
    base = name.partition(" ")[0]
    if base in _RENEWALS:
        return f"{base}: {_RENEWALS[base]}"
    for source in rules.webhooks.sources:
        if rules.webhooks.secret_name(source) == base:
            place = secret_place(settings, rules, source)
            return (
                f"{base}: delete it ({place}), run `pardot-odoo provision --webhooks`, which makes "
                f"a new one, and give that to the sender {source}"
            )
    return f"{base}: set a new one"
