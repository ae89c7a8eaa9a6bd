"""A client of Odoo that asks what rarely changes only now and then.

What lives here: which questions those are, and when their answers are dropped before their time.
What does not: keeping them (`caching`), and using them (`odoo.reference`, `odoo.loader`, …).

Kept are the version, the login, the fields of models, the server actions that the user may run, and
whole tables of reference data. A question with a domain of its own goes to Odoo: it is how a name
that is not known is looked for. Where that finds something, the table is read anew next time; a
refusal that may come from an outdated answer drops them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from pardot_odoo_pipeline.caching import Cache
from pardot_odoo_pipeline.odoo.client import Context, OdooClient
from pardot_odoo_pipeline.odoo.connection import OdooConnection, OdooVersion
from pardot_odoo_pipeline.odoo.errors import (
    OdooAccessDenied,
    OdooBadValue,
    OdooConfigurationError,
    OdooError,
    OdooMissingError,
)

__all__ = ["ReferenceClient"]

_TABLES = frozenset(
    (
        *("res.country", "res.country.state", "res.partner.industry", "res.users", "res.lang"),
        *("utm.source", "utm.medium", "utm.campaign"),
        *("crm.stage", "crm.team", "crm.lost.reason", "crm.tag"),
        *("mail.activity.type", "mail.message.subtype"),
    )
)
"""Models of which a whole table is kept."""

_SETTLED = frozenset(("crm.stage", "mail.activity.type", "mail.message.subtype"))
"""Those of which any part is kept: so few records that nobody looks for one by name."""

_LASTING = frozenset(
    ("res.country", "res.country.state", "res.partner.industry", "res.lang", "mail.message.subtype")
)
"""Those that come with Odoo and stay as they are."""

_READING = frozenset(("search_read", "search", "fields_get", "get_bindings"))
_CHANGING = frozenset(("create", "write", "unlink", "load"))
_MAY_BE_OURS = (OdooBadValue, OdooConfigurationError, OdooAccessDenied)


class ReferenceClient(OdooClient):
    """An `OdooClient` with a memory for reference data.

    Args:
        connection: Where and as whom.
        cache: Where answers are kept; of this connection and user alone.
        **options: As `OdooClient` has them.
    """

    def __init__(self, connection: OdooConnection, cache: Cache, **options: Any) -> None:
        super().__init__(connection, **options)
        self._cache = cache

    def forget(self, model: str | None = None) -> None:
        """Ask anew what is asked next: of one model, or of everything."""
        self._cache.forget(f"{model} " if model else "")

    def _ask_version(self) -> OdooVersion:
        def ask() -> list[Any]:
            told = super(ReferenceClient, self)._ask_version()
            return [told.major, told.text]

        # Of a server that was upgraded since, some answer is refused and all are dropped.
        major, text = self._cache.get("version", ask, lasting=True)
        return OdooVersion(major, text)

    def _ask_uid(self) -> int:
        return int(self._cache.get("uid", super()._ask_uid, lasting=True))

    def call(
        self,
        model: str,
        method: str,
        /,
        *,
        ids: Sequence[int] | None = None,
        context: Context | None = None,
        timeout: float | None = None,
        **named: Any,
    ) -> Any:
        """See `OdooClient.call`."""

        def ask() -> Any:
            return super(ReferenceClient, self).call(
                model, method, ids=ids, context=context, timeout=timeout, **named
            )

        if ids is None and _is_reference(model, method, named):
            question = orjson.dumps([method, named, context], option=orjson.OPT_SORT_KEYS)
            # Whether CRM is there at all is asked by its most lasting field.
            lasting = model in _LASTING or named.get("allfields") == ["id"]
            return self._cache.get(f"{model} {question.decode()}", ask, lasting=lasting)
        try:
            answer = ask()
        except OdooError as refusal:
            if isinstance(refusal, _MAY_BE_OURS) or (
                isinstance(refusal, OdooMissingError) and model == "ir.actions.server"
            ):
                self.forget()
            raise
        if model in _TABLES and (method in _CHANGING or (method in _READING and answer)):
            # The table was changed, or something was found that it did not have.
            self.forget(model)
        return answer


def _is_reference(model: str, method: str, named: dict[str, Any]) -> bool:
    if method in ("fields_get", "get_bindings"):
        return True
    if method not in _READING or model not in _TABLES or named.get("offset"):
        return False
    return model in _SETTLED or not (named.get("domain") or named.get("limit"))
