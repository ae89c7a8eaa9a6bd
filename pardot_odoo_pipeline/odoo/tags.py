"""The tags that stand for Pardot lists: categories of contacts, tags of leads.

What lives here: seeing that each list's tag is there, under its name, in its place. What does not:
who carries one (``tagged_records.py``) and what it is called (``merge/memberships.py``).

A tag is made by ``load()`` under an external id, so that a lost answer or a lost ledger makes no
second one, and no tag that a person made is ever taken for ours, whatever its name. Names are read
and written in English, so that they compare the same for every user.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pardot_odoo_pipeline.odoo.apply_action.protocol import EXTERNAL_MODULE
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooValidationError
from pardot_odoo_pipeline.odoo.load_call import load_rows

__all__ = [
    "CATEGORY",
    "LEAD_TAG",
    "Category",
    "CategoryWish",
    "KeptCategories",
    "keep_categories",
    "keep_lead_tags",
    "read_categories",
]

CATEGORY = "res.partner.category"
LEAD_TAG = "crm.tag"
_ENGLISH = {"lang": "en_US", "active_test": False}
_PARENT = f"{EXTERNAL_MODULE}.lists"


@dataclass(frozen=True, slots=True)
class CategoryWish:
    """How the category of one list should be.

    Attributes:
        name: Its name.
        category_id: Its id, where one is known.
        is_live: Whether it is in use; one that is not is archived, which hides it from contacts
            without a write to any of them, and it is not made for that.
    """

    name: str
    category_id: int | None
    is_live: bool = True


@dataclass
class KeptCategories:
    """What the categories are after all was put in order.

    Attributes:
        ids: List to category, of those that are there.
        made: Lists whose category was made, or found by its external id.
        changed: Categories that were renamed, moved, archived or brought back.
    """

    ids: dict[int, int] = field(default_factory=dict)
    made: list[int] = field(default_factory=list)
    changed: int = 0


@dataclass(frozen=True, slots=True)
class Category:
    """A category as it is.

    Attributes:
        name: Its name.
        active: Whether it is in use.
        parent_id: The category above it.
        parent_name: How that one shows, with those above it.
    """

    name: str
    active: bool
    parent_id: int | None
    parent_name: str | None


def read_categories(client: OdooClient, ids: Iterable[int]) -> dict[int, Category]:
    """The categories with these ids, archived ones included; those that are gone are left out."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = client.search_read(
        CATEGORY,
        [("id", "in", wanted)],
        ["name", "active", "parent_id"],
        order="id",
        context=_ENGLISH,
    )
    return {
        row["id"]: Category(
            row["name"] or "", bool(row["active"]), *(row["parent_id"] or (None, None))
        )
        for row in rows
    }


def keep_categories(
    client: OdooClient,
    parent_name: str,
    wishes: Mapping[int, CategoryWish],
    found: Mapping[int, Category],
) -> KeptCategories:
    """See that every list has its category; no call when all are in order.

    Args:
        client: The connection.
        parent_name: The category above them.
        wishes: List to how its category should be.
        found: The categories that are there, by id.

    Raises:
        OdooError: Odoo refuses or does not answer.
    """
    known = {wish.category_id: list_id for list_id, wish in wishes.items() if wish.category_id}
    kept = KeptCategories(
        {known[record_id]: record_id for record_id in found if record_id in known}
    )
    missing = sorted(n for n, wish in wishes.items() if wish.is_live and n not in kept.ids)
    parent = _parent(client, parent_name, found, needed=bool(missing))
    if missing and parent is not None:
        columns = ("id", "name", "parent_id/.id", "active")
        rows = [[_external_id(n), wishes[n].name, str(parent), "1"] for n in missing]
        kept.ids |= _loaded(client, CATEGORY, columns, rows, missing)
        kept.made = missing
    for list_id, record_id in kept.ids.items():
        if record_id in found:
            changes = _differences(found[record_id], wishes[list_id], parent)
            if changes:
                client.write(CATEGORY, [record_id], changes, context=_ENGLISH)
                kept.changed += 1
    return kept


def _parent(
    client: OdooClient, name: str, found: Mapping[int, Category], *, needed: bool
) -> int | None:
    """The category above all; asked for by external id where the children do not agree on it.

    A child may have been moved below some category of a person's: its parent proves nothing.
    """
    parents = {(one.parent_id, one.parent_name) for one in found.values()}
    if len(parents) == 1:
        [(record_id, shown)] = parents
        if record_id is not None and shown == name:
            return record_id
    if not needed and not parents:
        return None
    return _loaded(client, CATEGORY, ("id", "name", "active"), [[_PARENT, name, "1"]], [0])[0]


def _differences(found: Category, wish: CategoryWish, parent: int | None) -> dict[str, object]:
    changes: dict[str, object] = {}
    if found.name != wish.name:
        changes["name"] = wish.name
    if parent is not None and found.parent_id != parent:
        changes["parent_id"] = parent
    if found.active != wish.is_live:
        changes["active"] = wish.is_live
    return changes


def keep_lead_tags(
    client: OdooClient, wishes: Mapping[int, tuple[str, int | None]]
) -> dict[int, tuple[int, str]]:
    """See that these lists have a tag of leads.

    Args:
        client: The connection.
        wishes: List to name and id, where one is known.

    Returns:
        List to id and name. The name has the list's id where a person's tag is called the same:
        names of these tags are unique.

    Raises:
        OdooError: Odoo refuses or does not answer.
    """
    known = [record_id for _, record_id in wishes.values() if record_id]
    there = (
        {row["id"]: row["name"] for row in client.read(LEAD_TAG, known, ["name"], context=_ENGLISH)}
        if known
        else {}
    )
    kept: dict[int, tuple[int, str]] = {}
    for list_id, (name, record_id) in sorted(wishes.items()):
        names = (name, f"{name} ({list_id})")
        if record_id is not None and there.get(record_id) in names:
            kept[list_id] = (record_id, there[record_id])
    absent = {n: wishes[n][0] for n in sorted(wishes) if n not in kept}
    for spelling in ("{}", "{} ({})"):
        rows = [[_external_id(n, "lead_list"), spelling.format(absent[n], n)] for n in absent]
        told = load_rows(client, LEAD_TAG, ("id", "name"), rows, _ENGLISH)
        made: dict[int, tuple[int, str]] = {
            n: (outcome, row[1])
            for n, row, outcome in zip(list(absent), rows, told, strict=True)
            if isinstance(outcome, int)
        }
        kept |= made
        absent = {n: name for n, name in absent.items() if n not in made}
    if absent:
        raise _refused(LEAD_TAG, len(absent))
    return kept


def _loaded(
    client: OdooClient,
    model: str,
    columns: tuple[str, ...],
    rows: list[list[str]],
    keys: list[int],
) -> dict[int, int]:
    told = load_rows(client, model, columns, rows, _ENGLISH)
    made = {
        key: outcome for key, outcome in zip(keys, told, strict=True) if isinstance(outcome, int)
    }
    if len(made) < len(keys):
        raise _refused(model, len(keys) - len(made))
    return made


def _refused(model: str, number: int) -> OdooValidationError:
    return OdooValidationError(
        f"{model}: Odoo did not make the tags of {number} Pardot lists",
        fix=f"Create a record of {model} by hand in Odoo, as this user, to see why",
        code="list_tag_not_made",
        model=model,
    )


def _external_id(list_id: int, kind: str = "list") -> str:
    return f"{EXTERNAL_MODULE}.{kind}_{list_id}"
