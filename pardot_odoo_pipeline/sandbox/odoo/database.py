"""The state on disk: one SQLite file, one transaction for each call.

What lives here: opening the file, its tables, ids and transactions. What does not: what is in a new
database (`seeding.py`), what a call does (`dispatch.py`).
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from pardot_odoo_pipeline.sandbox.odoo.fields import SQL_TYPES, Field
from pardot_odoo_pipeline.sandbox.odoo.orm.environment import Behaviour, Env
from pardot_odoo_pipeline.sandbox.odoo.registry import Model, Registry
from pardot_odoo_pipeline.sandbox.odoo.users import prepare

__all__ = ["Database", "create_link_table", "custom_field", "moment_text"]

_UNIQUE = (
    ("crm_tag", "name"),
    ("utm_source", "name"),
    ("utm_medium", "name"),
    ("utm_campaign", "name"),
    ("mail_blacklist", "email"),
    ("res_users", "login"),
    ("ir_config_parameter", "key"),
    ("ir_model_data", "module, name"),
    ("ir_model_fields", "model, name"),
)
_INDEXES = (
    ("crm_lead", "partner_id"),
    ("crm_lead", "email_normalized"),
    ("crm_lead", "write_date"),
    ("res_partner", "parent_id"),
    ("res_partner", "email_normalized"),
    ("res_partner", "write_date"),
    ("mail_message", "model, res_id"),
    ("mail_activity", "res_model, res_id"),
    ("mail_tracking_value", "mail_message_id"),
    ("ir_model_data", "model, res_id"),
    ("ir_model_fields_selection", "field_id"),
)


def moment_text(moment: datetime) -> str:
    """A moment as a column holds it: UTC, with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


class Database:
    """The database of one sandbox.

    Args:
        path: The SQLite file; created with its tables when absent.
        version: Odoo's major version.
        behaviours: The models' rules.
        now: The world's clock.
    """

    def __init__(
        self,
        path: Path,
        version: int,
        behaviours: dict[str, Behaviour],
        now: Callable[[], datetime],
    ) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._behaviours = behaviours
        self._now = now
        self._lock = threading.RLock()
        self.connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=NORMAL")
        self.connection.execute("PRAGMA cache_size=-65536")
        self.connection.create_function("odoo_like", 2, _like, deterministic=True)
        self.connection.create_function("odoo_ilike", 2, _ilike, deterministic=True)
        self.connection.create_function("odoo_lower", 1, _lower, deterministic=True)
        self.version = version
        self._create_tables(Registry(version))
        self._next: dict[str, int] = {}
        self.registry = self._load_registry()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self.connection.close()

    @contextlib.contextmanager
    def transaction(
        self, uid: int, context: dict[str, Any] | None = None, *, sudo: bool = False
    ) -> Iterator[Env]:
        """One call: everything it does is kept, or nothing is.

        What waits for the commit is done when others may go on.
        """
        with self._lock:
            env = Env(
                connection=self.connection,
                registry=self.registry,
                behaviours=self._behaviours,
                uid=uid,
                context=context or {},
                now=moment_text(self._now()),
                reserve=self._reserve,
                sudo=sudo,
            )
            self.connection.execute("BEGIN")
            try:
                yield env
                self.connection.execute("COMMIT")
            except BaseException:
                self.connection.execute("ROLLBACK")
                if "schema" in env.notes:
                    self.registry = self._load_registry()
                raise
        for waiting in env.after_commit:
            waiting()

    def _reserve(self, table: str, count: int) -> int:
        """As a sequence does: ids of a call that failed are not given out again."""
        if table not in self._next:
            last = self.connection.execute(
                "SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)
            ).fetchone()
            self._next[table] = (last[0] if last else 0) + 1
        first = self._next[table]
        self._next[table] += count
        return first

    def _create_tables(self, registry: Registry) -> None:
        run = self.connection.execute
        for model in registry:
            columns = ",".join(
                f'"{f.name}" {SQL_TYPES[f.type]}' for f in model.columns.values() if f.name != "id"
            )
            run(
                f'CREATE TABLE IF NOT EXISTS "{model.table}" '
                f"(id INTEGER PRIMARY KEY AUTOINCREMENT, {columns})"
            )
            for f in model.fields.values():
                if f.type == "many2many" and f.store and not f.inverse:
                    create_link_table(self.connection, registry.link_table(model, f))
        for kind, places in (("UNIQUE INDEX", _UNIQUE), ("INDEX", _INDEXES)):
            for table, names in places:
                name = re.sub(r"\W+", "_", f"{table}_{names}")
                run(f"CREATE {kind} IF NOT EXISTS {name} ON {table} ({names})")
        prepare(self.connection)
        run("CREATE TABLE IF NOT EXISTS sandbox_stamp (key TEXT PRIMARY KEY, value TEXT)")

    def _load_registry(self) -> Registry:
        registry = Registry(self.version)
        cursor = self.connection.execute("SELECT * FROM ir_model_fields WHERE state = 'manual'")
        names = [column[0] for column in cursor.description]
        for values in cursor.fetchall():
            row = dict(zip(names, values, strict=True))
            model = registry.models.get(row["model"])
            if model is not None:
                model.put(custom_field(self.connection, model, row))
        return registry


def create_link_table(connection: sqlite3.Connection, link: tuple[str, str, str]) -> None:
    """Make the table of a many2many: its name, own column and other column."""
    table, left, right = link
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {table} ({left} INTEGER, {right} INTEGER,"
        f" PRIMARY KEY ({left}, {right})) WITHOUT ROWID"
    )
    connection.execute(f"CREATE INDEX IF NOT EXISTS {table}_back ON {table} ({right})")


def custom_field(connection: sqlite3.Connection, model: Model, row: dict[str, Any]) -> Field:
    """The field that a row of `ir.model.fields` describes."""
    choices = connection.execute(
        "SELECT value, name FROM ir_model_fields_selection WHERE field_id = ? "
        "ORDER BY sequence, id",
        (row["id"],),
    ).fetchall()
    stored = bool(row["store"])
    compute = row["compute"] or ""
    return Field(
        row["name"],
        row["ttype"],
        row["field_description"],
        relation=row["relation"] or "",
        manual=True,
        size=row["size"] or 0,
        store=stored,
        selection=tuple(choices),
        follows=_followed(model, row["related"], compute) if stored else "",
        folded=".lower()" in compute,
        related=row["related"] or "",
        required=bool(row["required"]),
        readonly=bool(row["readonly"]),
        index=bool(row["index"]),
    )


def _followed(model: Model, related: str | None, compute: str) -> str:
    """The field of the same record that a stored custom field copies, if it copies one.

    The code of a computed field is never run; one that names `email_normalized` is taken
    to copy it.
    """
    if related:
        return related if related in model.fields else ""
    return "email_normalized" if "email_normalized" in compute else ""


@lru_cache(maxsize=512)
def _pattern(pattern: str, *, fold: bool) -> re.Pattern[str]:
    pieces = {"%": ".*", "_": "."}
    text = "".join(pieces.get(char, re.escape(char)) for char in pattern)
    return re.compile(text, re.DOTALL | (re.IGNORECASE if fold else 0))


def _like(pattern: str, value: Any) -> int | None:
    if value is None:
        return None
    return _pattern(pattern, fold=False).fullmatch(str(value)) is not None


def _ilike(pattern: str, value: Any) -> int | None:
    if value is None:
        return None
    return _pattern(pattern, fold=True).fullmatch(str(value)) is not None


def _lower(value: Any) -> str | None:
    return None if value is None else str(value).lower()
