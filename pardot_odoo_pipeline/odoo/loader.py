"""The door to writing people: the shared types, and which loader fits this Odoo.

What lives here: the choice. What does not: the loaders themselves (`apply_loader`,
`load_method_loader`) and the types' definitions (`person_writes`).
"""

from __future__ import annotations

from pardot_odoo_pipeline.odoo.apply_action.protocol import (
    BINDING_MODEL,
    PROTOCOL,
    protocol_of,
)
from pardot_odoo_pipeline.odoo.apply_loader import ApplyActionLoader, wrong_protocol
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.load_method_loader import LoadMethodLoader
from pardot_odoo_pipeline.odoo.person_writes import (
    LEAD,
    PARTNER,
    LoadInterrupted,
    PersonLoader,
    PersonResult,
    PersonWrite,
    RecordResult,
    RecordStatus,
    RecordWrite,
    Withheld,
)

__all__ = [
    "LEAD",
    "PARTNER",
    "ApplyActionLoader",
    "LoadInterrupted",
    "LoadMethodLoader",
    "PersonLoader",
    "PersonResult",
    "PersonWrite",
    "RecordResult",
    "RecordStatus",
    "RecordWrite",
    "Withheld",
    "choose_loader",
]


def choose_loader(client: OdooClient) -> PersonLoader:
    """Take the `apply` action where it was provisioned for this user, else `load()`.

    Raises:
        ConfigurationError: The action is there in another version.
    """
    # A plain user may read neither external ids nor server actions; the bindings of a model are
    # public, and list exactly what the user's groups may run.
    bindings = client.call(
        "ir.actions.actions",
        "get_bindings",
        model_name=BINDING_MODEL,
        context={"lang": "en_US"},
    )
    found = {
        number: binding["id"]
        for binding in bindings.get("action", ())
        if (number := protocol_of(binding["name"])) is not None
    }
    if PROTOCOL in found:
        return ApplyActionLoader(client, found[PROTOCOL])
    if found:
        raise wrong_protocol(max(found))
    return LoadMethodLoader(client)
