"""One row of an import's file, put into effect.

What lives here: matching of a prospect, blank cells, the row's list memberships. What does not:
files, batches and states (`import_files.py`, `import_jobs.py`).
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass, field
from typing import Any

from pardot_odoo_pipeline.sandbox.control import Switches
from pardot_odoo_pipeline.sandbox.pardot import membership_rules
from pardot_odoo_pipeline.sandbox.pardot.catalogue import Access, Field, Kind
from pardot_odoo_pipeline.sandbox.pardot.errors import REGISTRY, ApiError
from pardot_odoo_pipeline.sandbox.pardot.matching import latest_by_email
from pardot_odoo_pipeline.sandbox.pardot.rules import check_references, rule_for
from pardot_odoo_pipeline.sandbox.pardot.store import Store
from pardot_odoo_pipeline.sandbox.pardot.values import accept
from pardot_odoo_pipeline.sandbox.pardot.writes import insert_values, set_columns

__all__ = ["LIST_COLUMNS", "MATCH_COLUMNS", "ImportRequest", "RowWriter", "error_text"]

MATCH_COLUMNS = ("matchId", "matchEmail", "matchSalesforceId")
LIST_COLUMNS = ("addToList", "removeFromList")
_MAXIMUM_LISTS = 20
_WORDS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class ImportRequest:
    """What an import was asked for, checked.

    Attributes:
        create_on_no_match: Whether rows that match nobody make a prospect.
        restore_deleted: Whether rows that match the recycle bin take the prospect out of it.
        overwrite: By column: whether a filled field is replaced.
        null_overwrite: By column: whether a blank cell clears its field.
        fields: The caller's own field options, to be shown back.
    """

    create_on_no_match: bool = True
    restore_deleted: bool = False
    overwrite: dict[str, bool] = field(default_factory=dict)
    null_overwrite: dict[str, bool] = field(default_factory=dict)
    fields: list[dict[str, Any]] = field(default_factory=list)


def error_text(refused: ApiError) -> str:
    """A refusal as an errors file tells it."""
    message = REGISTRY[refused.code][1]
    return f"{message}: {refused.detail}" if refused.detail else message


class RowWriter:
    """Puts rows of one import into effect.

    Args:
        store: The state.
        switches: The unsure points.
        request: The import's own rules.
        columns: The file's columns.
    """

    def __init__(
        self, store: Store, switches: Switches, request: ImportRequest, columns: list[str]
    ) -> None:
        self._store = store
        self._switches = switches
        self._request = request
        self._target = store.catalogue["prospects"]
        self._match = [name for name in columns if name in MATCH_COLUMNS]
        self._fields = [
            self._target.fields[name]
            for name in columns
            if name in self._target.fields
            and self._target.fields[name].access is not Access.READ_ONLY
        ]

    def write(self, connection: sqlite3.Connection, row: dict[str, str], now: float) -> str:
        """Put one row into effect, inside a transaction.

        Returns:
            `created`, `updated` or `skipped`.

        Raises:
            ApiError: Why the row is an error.
        """
        if len(self._match) > 1:
            raise ApiError(154, "only one match column is permitted")
        lists = {name: _list_ids(row.get(name, "")) for name in LIST_COLUMNS}
        if sum(map(len, lists.values())) > _MAXIMUM_LISTS:
            raise ApiError(154, f"at most {_MAXIMUM_LISTS} lists")
        found, in_bin = self._find(connection, row)
        if in_bin and not self._request.restore_deleted:
            if self._switches["import_bin_rows"] == "skip":
                return "skipped"
            raise ApiError(132)
        values = self._values(row)
        if found is None:
            found = self._create(connection, row, values, now)
            outcome = "created"
        else:
            self._update(connection, found, in_bin, values, now)
            outcome = "updated"
        for list_id in lists["addToList"]:
            membership_rules.join(connection, self._store, self._switches, list_id, found, now)
        for list_id in lists["removeFromList"]:
            membership_rules.leave(connection, self._store, list_id, found, now)
        return outcome

    def _find(self, connection: sqlite3.Connection, row: dict[str, str]) -> tuple[int | None, bool]:
        """The prospect that a row means, and whether it is in the recycle bin."""
        column = self._match[0] if self._match else ""
        text = row.get(column, "").strip()
        if not text:
            return None, False
        if column == "matchEmail":
            living = latest_by_email(connection, self._switches, text, deleted=False)
            if living is not None:
                return living, False
            binned = latest_by_email(connection, self._switches, text, deleted=True)
            return binned, binned is not None
        if column == "matchId":
            if not re.fullmatch(r"\d{1,18}", text, re.ASCII):
                raise ApiError(3)
            where = "id = ?"
        else:
            where = '"salesforceId" = ?'
        found = connection.execute(
            f'SELECT id, "isDeleted" FROM prospects WHERE {where} '
            'ORDER BY "isDeleted", "lastActivityAt" DESC NULLS LAST, id DESC LIMIT 1',
            (text,),
        ).fetchone()
        return (None, False) if found is None else (int(found[0]), bool(found[1]))

    def _values(self, row: dict[str, str]) -> dict[str, Any]:
        """The cells that say something, in stored form; a blank one clears or is left out."""
        values: dict[str, Any] = {}
        blank_clears = self._switches["import_null_overwrite"]
        for described in self._fields:
            text = row[described.name]
            if text:
                values[described.name] = accept(described, self._cell(described, text))
            elif self._request.null_overwrite.get(described.name, blank_clears) and (
                # An address is never given up, and an import cannot take the owner away.
                described.name not in ("email", "userId", "salesforceOwnerId")
            ):
                values[described.name] = accept(described, None)
        return values

    def _cell(self, described: Field, text: str) -> Any:
        if described.kind is Kind.BOOLEAN:
            return _WORDS.get(text.strip().lower(), text)
        if described.kind is Kind.ARRAY:
            return text.split(self._switches["export_value_separator"])
        return text

    def _create(
        self,
        connection: sqlite3.Connection,
        row: dict[str, str],
        values: dict[str, Any],
        now: float,
    ) -> int:
        match = row.get(self._match[0], "").strip() if self._match else ""
        if match and not self._request.create_on_no_match:
            raise ApiError(92)
        if self._match == ["matchEmail"] and match:
            values.setdefault("email", match)
        if not values.get("email"):
            raise ApiError(197, "email")
        given = {name: value for name, value in values.items() if value is not None}
        return insert_values(self._store, self._switches, connection, self._target, given, now)

    def _update(
        self,
        connection: sqlite3.Connection,
        record_id: int,
        in_bin: bool,
        values: dict[str, Any],
        now: float,
    ) -> None:
        names = ["isDeleted", *values]
        columns = ", ".join(f'"{name}"' for name in names)
        row = connection.execute(
            f"SELECT {columns} FROM prospects WHERE id = ?", (record_id,)
        ).fetchone()
        kept = dict(zip(names, row, strict=True))
        changes = {
            name: value
            for name, value in values.items()
            if kept[name] is None or self._request.overwrite.get(name, True)
        }
        check_references(connection, self._target, changes)
        rule_for(self._target)(connection, self._switches, changes, record_id)
        moved = any(kept[name] != changes[name] for name in kept if name in changes)
        if in_bin:
            changes["isDeleted"] = 0
        elif not changes or not (moved or self._switches["unchanged_update_bumps"]):
            return
        stamps = {"updatedAt": int(now), "updatedById": self._store.api_user_id}
        set_columns(connection, self._target, record_id, {**changes, **stamps})


def _list_ids(cell: str) -> list[int]:
    texts = [text for text in re.split(r"[;,\s]+", cell) if text]
    if not all(re.fullmatch(r"\d{1,18}", text, re.ASCII) for text in texts):
        raise ApiError(55)
    return [int(text) for text in texts]
