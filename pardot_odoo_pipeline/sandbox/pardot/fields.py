"""Shorthand for describing objects.

What lives here: constructors that keep the descriptions readable. What does not: any description.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from pardot_odoo_pipeline.sandbox.pardot.catalogue import (
    Access,
    Field,
    Filter,
    Kind,
    Operation,
    Relation,
)

__all__ = [
    "ASSET_RELATIONS",
    "BY_UPDATE",
    "CRUD",
    "ID_FILTERS",
    "USER_RELATIONS",
    "asset_links",
    "fields_of",
    "flag",
    "link",
    "named",
    "stamps",
    "strings",
]

_T = TypeVar("_T", Field, Relation)

_READ = frozenset({Operation.READ, Operation.QUERY})
CRUD = _READ | {Operation.CREATE, Operation.UPDATE, Operation.DELETE}
ID_FILTERS = Filter.EXACT | Filter.LIST | Filter.RANGE

BY_UPDATE = {"id": ID_FILTERS, "createdAt": Filter.RANGE, "updatedAt": Filter.RANGE}

USER_RELATIONS = (
    Relation("createdBy", "createdById", "users"),
    Relation("updatedBy", "updatedById", "users"),
)

ASSET_RELATIONS = (
    Relation("campaign", "campaignId", "campaigns"),
    Relation("folder", "folderId", "folders"),
    Relation("trackerDomain", "trackerDomainId", "tracker-domains"),
    *USER_RELATIONS,
)


def fields_of(kind: Kind, names: str, access: Access = Access.READ_ONLY) -> list[Field]:
    """Fields of one kind; `names` are separated by blanks."""
    return [Field(name, kind, access) for name in names.split()]


def strings(names: str, access: Access = Access.READ_ONLY) -> list[Field]:
    """Text fields."""
    return fields_of(Kind.STRING, names, access)


def flag(name: str, access: Access = Access.READ_ONLY) -> Field:
    """A boolean field that is false unless set."""
    return Field(name, Kind.BOOLEAN, access, default=False)


def link(name: str, target: str | None, access: Access = Access.READ_ONLY) -> Field:
    """The id of another record."""
    return Field(name, Kind.INTEGER, access, target=target)


def asset_links(access: Access = Access.READ_ONLY) -> list[Field]:
    """Where a marketing asset belongs."""
    return [
        link("campaignId", "campaigns", access),
        link("folderId", "folders", access),
        link("trackerDomainId", "tracker-domains", access),
    ]


def stamps() -> list[Field]:
    """Who made and who last changed a record, and when."""
    return [
        Field("createdAt", Kind.DATETIME),
        Field("updatedAt", Kind.DATETIME),
        link("createdById", "users"),
        link("updatedById", "users"),
    ]


def named(items: Iterable[_T]) -> dict[str, _T]:
    """Descriptions by their names."""
    return {item.name: item for item in items}
