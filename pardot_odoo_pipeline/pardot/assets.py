"""The names behind an activity's ids: forms, e-mails, pages, files.

What lives here: looking them up in few calls. What does not: keeping them, which is the caller's:
names change rarely.

Collections differ in what a query of them takes. Ids in one call are asked for first; where the API
refuses that, the collection's first pages are read, and what is still missing comes one by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pardot_odoo_pipeline.pardot.client import PardotClient
from pardot_odoo_pipeline.pardot.errors import (
    PardotBadRequest,
    PardotMissingRecord,
    PardotRequestTooLarge,
)
from pardot_odoo_pipeline.pardot.lookups import rows_by_id
from pardot_odoo_pipeline.pardot.paging import Row, iter_pages

__all__ = ["ASSETS", "Asset", "assets_by_id"]

_MOST_WALKED = 3000
_WORTH_A_WALK = 4


@dataclass(frozen=True)
class Asset:
    """A kind of asset.

    Attributes:
        collection: Where it is read.
        fields: What names it.
        has_bin: Deleted ones can be asked for.
        is_numerous: Too many to be read in passing.
    """

    collection: str
    fields: tuple[str, ...] = ("id", "name")
    has_bin: bool = False
    is_numerous: bool = False


ASSETS = {
    "campaignId": Asset("campaigns", has_bin=True),
    "customRedirectId": Asset("custom-redirects", has_bin=True),
    "emailId": Asset("emails", ("id", "name", "subject"), is_numerous=True),
    "emailTemplateId": Asset("email-templates", ("id", "name", "subject"), has_bin=True),
    "fileId": Asset("files", has_bin=True),
    "formHandlerId": Asset("form-handlers", has_bin=True),
    "formId": Asset("forms", has_bin=True),
    "landingPageId": Asset("landing-pages", has_bin=True),
    "listEmailId": Asset("list-emails", ("id", "name", "subject"), has_bin=True),
    "opportunityId": Asset("opportunities", is_numerous=True),
    "visitorPageViewId": Asset("visitor-page-views", ("id", "url", "title"), is_numerous=True),
}
"""Kinds of assets by the field of an activity that points to them."""


def assets_by_id(client: PardotClient, field: str, ids: Iterable[int]) -> dict[int, Row]:
    """What is known of the assets that activities point to.

    Args:
        client: Makes the calls.
        field: The activities' field, one of ``ASSETS``.
        ids: Which; repetitions are read once.

    Returns:
        A row by id. An asset that is deleted for good, or that the user may not see, has none.
    """
    asset = ASSETS[field]
    wanted = set(ids)
    for with_deleted in (True, False) if asset.has_bin else (False,):
        pages = rows_by_id(
            client, asset.collection, asset.fields, wanted, with_deleted=with_deleted
        )
        try:
            return {int(row["id"]): row for rows in pages for row in rows}
        except PardotRequestTooLarge:
            raise
        except PardotBadRequest:
            continue  # this collection takes no such question
    walks = len(wanted) >= _WORTH_A_WALK and not asset.is_numerous
    known = _walked(client, asset, wanted) if walks else {}
    return known | _singly(client, asset, wanted - known.keys())


def _walked(client: PardotClient, asset: Asset, wanted: set[int]) -> dict[int, Row]:
    known: dict[int, Row] = {}
    for rows in iter_pages(client, asset.collection, asset.fields, stop_after=_MOST_WALKED):
        known |= {int(row["id"]): row for row in rows if int(row["id"]) in wanted}
        if len(known) == len(wanted):
            break
    return known


def _singly(client: PardotClient, asset: Asset, wanted: set[int]) -> dict[int, Row]:
    def read(record_id: int) -> Row | None:
        try:
            return client.get(asset.collection, record_id, asset.fields)
        except PardotMissingRecord:
            return None

    rows = client.side_by_side(read, sorted(wanted))
    return {int(row["id"]): row for row in rows if row is not None}
