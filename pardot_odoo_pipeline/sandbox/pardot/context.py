"""What one request carries through the API's inner modules.

What lives here: `Context` alone. What does not: behaviour.
"""

from __future__ import annotations

from dataclasses import dataclass

from pardot_odoo_pipeline.sandbox.control import Switches
from pardot_odoo_pipeline.sandbox.http import Request
from pardot_odoo_pipeline.sandbox.pardot.errors import ApiError
from pardot_odoo_pipeline.sandbox.pardot.quota import Quota
from pardot_odoo_pipeline.sandbox.pardot.store import Store
from pardot_odoo_pipeline.sandbox.pardot.times import AccountZone

__all__ = ["Context", "body_of"]


@dataclass(frozen=True)
class Context:
    """One admitted request with everything that answering it may need.

    Attributes:
        store: The state.
        switches: The unsure points.
        zone: The account's zone.
        quota: For what the account object tells.
        request: The request itself.
        query: Its query string; the last of equal names counts.
        now: The moment of its arrival.
        base_url: Scheme and host as the caller reached them.
    """

    store: Store
    switches: Switches
    zone: AccountZone
    quota: Quota
    request: Request
    query: dict[str, str]
    now: float
    base_url: str


def body_of(context: Context) -> dict[str, object]:
    """The request's JSON object.

    Raises:
        ApiError: 152 when empty, 151 for another content type, 150 when it is no JSON object.
    """
    if not context.request.body:
        raise ApiError(152)
    content_type = context.request.headers.get("content-type", "application/json")
    if content_type.split(";")[0].strip().lower() != "application/json":
        raise ApiError(151)
    try:
        value = context.request.json()
    except ValueError:
        raise ApiError(150) from None
    if not isinstance(value, dict):
        raise ApiError(150)
    return value
