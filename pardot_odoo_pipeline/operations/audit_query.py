"""Asking the audit: DuckDB over its files.

What lives here: filters, the queries, and summaries. What does not: printing (`cli.logs`) and the
form of the files (`audit_files`).

The database is in memory, touches no file, and may not spill: what DuckDB spills is in plain text,
and a spilled column of values would outlive the command. pyarrow opens the files. Values are read
in the last projection alone, after every filter, and only where they were asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb
import orjson
from pyarrow.lib import ArrowException

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.operations.audit import Outcome, shown_as
from pardot_odoo_pipeline.operations.audit_files import PURPOSE, SCHEMAS, AuditFiles, Kind

__all__ = ["AuditQuery", "Filters"]

_MEMORY = "512MB"
_VALUES = ("old", "new")
_TIES = {
    Kind.CALLS: "request_id",
    Kind.VALUES: "prospect_id, system, model, field",
    Kind.TRANSFERS: "prospect_id, system, model",
}


@dataclass(frozen=True)
class Filters:
    """What is asked for; None and empty ask for everything.

    Attributes:
        since: From this moment on.
        until: Before this moment.
        system: Calls of it; values and transfers from it or to it.
        batch: A batch's key, or how it begins.
        people: Prospect ids. Of calls: those of batches that carried one of them.
        code: What a call was refused with; of transfers: how it ended.
        failed: Calls that came to no good; transfers that did not arrive.
        slow: Calls that took so many seconds or more.
        field: A field's name, in Pardot or in Odoo.
    """

    since: datetime | None = None
    until: datetime | None = None
    system: str | None = None
    batch: str | None = None
    people: Sequence[str] = ()
    code: str | None = None
    failed: bool = False
    slow: float | None = None
    field: str | None = None


class AuditQuery:
    """Questions to the files of one installation."""

    def __init__(self, files: AuditFiles) -> None:
        self._files = files

    def rows(
        self, kind: Kind, filters: Filters, *, limit: int, values: bool = False
    ) -> list[dict[str, Any]]:
        """The latest rows, the latest first.

        Args:
            kind: What is asked for.
            filters: Which of them.
            limit: How many at most.
            values: Whether values are read.

        Raises:
            ConfigurationError: A data key is missing.
            PipelineError: A file is damaged.
        """
        with self._database() as database:
            where, arguments = self._where(database, kind, filters)
            if where is None:
                return []
            # Without values: sorting whole rows would hold all of them in memory.
            last = database.execute(
                f"SELECT min(happened_at) FROM (SELECT happened_at FROM {_view_of(kind)} "
                f"WHERE {where} ORDER BY happened_at DESC LIMIT {int(limit)})",
                arguments,
            ).fetchone()
            names = [name for name in _SHOWN[kind] if values or name not in _VALUES]
            found = database.execute(
                f"SELECT {', '.join(names)} FROM {_view_of(kind)} WHERE {where} "
                f"AND happened_at >= $last ORDER BY happened_at DESC, {_TIES[kind]} "
                f"LIMIT {int(limit)}",
                {**arguments, "last": last[0] if last else None},
            )
            rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        for row in rows:
            row |= {name: _one(row[name], row["field"]) for name in _VALUES if name in row}
        return rows

    def summary(self, kind: Kind, filters: Filters) -> list[dict[str, Any]]:
        """Counts over everything that the filters leave.

        Raises:
            ConfigurationError: A data key is missing.
            PipelineError: A file is damaged.
        """
        with self._database() as database:
            where, arguments = self._where(database, kind, filters)
            if where is None:
                return []
            found = database.execute(_SUMMARIES[kind].format(where=where), arguments)
            columns = [column[0] for column in found.description]
            return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]

    @contextmanager
    def _database(self) -> Iterator[duckdb.DuckDBPyConnection]:
        database = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": _MEMORY,
                "temp_directory": "",
                "max_temp_directory_size": "0KB",
                "threads": 2,
                "autoinstall_known_extensions": False,
            },
        )
        database.execute("SET TimeZone = 'UTC'")
        database.execute("SET enable_external_access = false")
        try:
            yield database
        except duckdb.OutOfMemoryException:
            raise PipelineError(
                "So much of the audit does not fit into memory at once",
                fix="Narrow it with --since and --until, or with --batch",
                code="audit_too_large",
            ) from None
        except (duckdb.Error, OSError, ArrowException) as failure:
            # Their messages may print values.
            raise PipelineError(
                f"The audit could not be read ({type(failure).__name__})",
                fix="A damaged file in PIPELINE_HOME/audit may be moved away",
                code="audit_unreadable",
            ) from None
        finally:
            database.close()

    def _where(
        self, database: duckdb.DuckDBPyConnection, kind: Kind, filters: Filters
    ) -> tuple[str | None, dict[str, Any]]:
        """Make the view of a kind, and the condition; no condition where there are no files."""
        if not self._view(database, kind, filters):
            return None, {}
        conditions, arguments = ["TRUE"], {}

        def must(condition: str, **named: Any) -> None:
            conditions.append(condition)
            arguments.update(named)

        if filters.since is not None:
            must("happened_at >= $since", since=filters.since)
        if filters.until is not None:
            must("happened_at < $until", until=filters.until)
        if filters.batch is not None:
            must("starts_with(batch, $batch)", batch=filters.batch)
        if filters.system is not None:
            whence = "" if kind is Kind.CALLS else " OR source = $system"
            whence += " OR starts_with(source, $system || '/')" if kind is Kind.VALUES else ""
            must(f"(system = $system{whence})", system=filters.system)
        if filters.people:
            people = list(filters.people)
            if kind is not Kind.CALLS:
                must("list_contains($people, prospect_id)", people=people)
            elif self._view(database, Kind.TRANSFERS, filters):
                must(
                    f"batch IN (SELECT batch FROM {_view_of(Kind.TRANSFERS)} "
                    "WHERE list_contains($people, prospect_id))",
                    people=people,
                )
            else:
                must("FALSE")
        if filters.code is not None and kind is not Kind.VALUES:
            must(
                "code = $code" if kind is Kind.CALLS else "outcome = $code", code=str(filters.code)
            )
        if filters.failed and kind is Kind.CALLS:
            must("outcome <> $ok", ok=Outcome.OK)
        if filters.failed and kind is Kind.TRANSFERS:
            must(f"outcome NOT IN ({', '.join(map(repr, _ARRIVED))})")
        if filters.slow is not None and kind is Kind.CALLS:
            must("seconds >= $slow", slow=filters.slow)
        if filters.field is not None and kind is Kind.VALUES:
            must("(field = $field OR split_part(source, '/', -1) = $field)", field=filters.field)
        if filters.field is not None and kind is Kind.TRANSFERS:
            must("list_contains(string_split(fields, ','), $field)", field=filters.field)
        return " AND ".join(conditions), arguments

    def _view(self, database: duckdb.DuckDBPyConnection, kind: Kind, filters: Filters) -> bool:
        parts = self._files.parts(kind, _day(filters.since), _day(filters.until))
        if not parts:
            return False
        files, filesystem = self._files.addresses(parts)
        dataset = self._files.ring.dataset(files, PURPOSE, filesystem)
        database.register(f"{_view_of(kind)}_as_stored", dataset)
        database.execute(_VIEWS.get(kind, _PLAIN_VIEW).format(view=_view_of(kind)))
        return True


_ARRIVED = ("read", "written", "created", "exists", "same", "unconfirmed")


# Of values there is one row for a record; asked for are fields.
_PLAIN_VIEW = "CREATE VIEW {view} AS FROM {view}_as_stored"
_VIEWS = {
    Kind.VALUES: """
        CREATE VIEW {view} AS
        SELECT *, unnest(string_split(fields, ',')) AS field,
            unnest(string_split(sources, ',')) AS source,
            nullif(unnest(string_split(rules, ',')), '') AS rule
        FROM {view}_as_stored
    """
}
_SHOWN = {
    **{kind: tuple(schema.names) for kind, schema in SCHEMAS.items()},
    Kind.VALUES: (
        *("happened_at", "batch", "attempt", "prospect_id", "source", "system", "model"),
        *("record_id", "field", "rule", *_VALUES, "masked"),
    ),
}


def _one(text: str | None, field: str) -> str | None:
    """The value of one field among those of its record."""
    return None if text is None else shown_as(orjson.loads(text).get(field))


def _view_of(kind: Kind) -> str:
    return f"audit_{kind.value}"


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


_SUMMARIES = {
    Kind.CALLS: """
        SELECT system, path, status, count(*) AS calls,
            count(*) FILTER (outcome <> 'ok') AS failed,
            round(count(*) FILTER (outcome <> 'ok') / count(*), 4) AS error_rate,
            round(quantile_cont(seconds, 0.5), 4) AS p50,
            round(quantile_cont(seconds, 0.95), 4) AS p95,
            sum(sent)::BIGINT AS sent, sum(received)::BIGINT AS received
        FROM audit_calls WHERE {where}
        GROUP BY system, path, status ORDER BY calls DESC, system, path, status
    """,
    Kind.VALUES: """
        SELECT system, model, field, rule, count(*) AS values,
            count(DISTINCT prospect_id) AS people, max(happened_at) AS latest
        FROM audit_values WHERE {where}
        GROUP BY system, model, field, rule ORDER BY values DESC, system, model, field, rule
    """,
    Kind.TRANSFERS: """
        SELECT source, system, model, outcome, count(*) AS transfers,
            count(DISTINCT prospect_id) AS people, max(happened_at) AS latest
        FROM audit_transfers WHERE {where}
        GROUP BY source, system, model, outcome ORDER BY transfers DESC, source, system, model
    """,
}
