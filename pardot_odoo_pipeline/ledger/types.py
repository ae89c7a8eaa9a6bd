"""The column types of the ledger.

What lives here: how times, personal data and documents are stored. What does not: tables.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from pardot_odoo_pipeline.errors import PipelineError

__all__ = ["Document", "PersonalJson", "PersonalText", "RowId", "UtcTime"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# Only a plain INTEGER PRIMARY KEY counts up by itself on SQLite.
RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Documents of ours without personal data: ids, counts, names of rules.
Document = sa.JSON(none_as_null=True).with_variant(
    postgresql.JSONB(none_as_null=True), "postgresql"
)


class UtcTime(sa.types.TypeDecorator[datetime]):
    """An instant. Naive datetimes are refused; what comes back is aware and in UTC.

    PostgreSQL has a type for it. SQLite has none, and its text form sorts wrongly as soon as one
    value has microseconds and another has not, or the offsets differ; whole microseconds since 1970
    compare and index as numbers, exactly.
    """

    impl = sa.BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """A real instant where the database has one, a number elsewhere."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.TIMESTAMP(timezone=True))
        return dialect.type_descriptor(sa.BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> Any:
        """Refuse a time without a zone, whoever computed it."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise PipelineError(
                "A time without a zone was about to be stored in the ledger",
                fix="Pass aware datetimes; this is a bug of the pipeline, please report it",
                code="naive_time",
            )
        if dialect.name == "postgresql":
            return value.astimezone(UTC)
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:
        """Always aware, always UTC."""
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return _EPOCH + timedelta(microseconds=value)


class PersonalText(sa.types.TypeDecorator[str]):
    """Text about a person. The one door through which such values enter and leave the ledger.

    Encryption goes here, so that no table and no query needs to change for it; nothing may compare
    or index such a column in SQL.
    """

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        """Close the text before it is stored.

        PostgreSQL refuses NUL, and UTF-8 holds no half surrogate pair; raw JSON brings both.
        """
        if value is None or (value.isascii() and "\0" not in value):
            return value
        text = value.replace("\0", "\N{REPLACEMENT CHARACTER}")
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> str | None:
        """Open the text that was stored."""
        return value


class PersonalJson(PersonalText):
    """A JSON document about a person, behind the same door."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        """Print the document, then close it."""
        if value is None:
            return None
        try:
            text = orjson.dumps(value).decode()
        except TypeError:
            # Half surrogate pairs and integers beyond 64 bits: rare, and not worth losing.
            text = json.dumps(value)
        return super().process_bind_param(text, dialect)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:
        """Open the document, then read it."""
        text = super().process_result_value(value, dialect)
        return None if text is None else json.loads(text)
