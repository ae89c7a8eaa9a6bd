"""Agreement certificates: what each comparison of both sides found, for good.

What lives here: storing and reading them. What does not: the comparison (`operations.agreement`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pardot_odoo_pipeline.ledger.agreement_tables import certificates as t

__all__ = ["Certificate", "last", "recent", "store"]


@dataclass(frozen=True)
class Certificate:
    """What one comparison found.

    Attributes:
        at: When both sides were read.
        people: Everybody on either side who takes part.
        agree: Of them, those of whom both sides show the same.
        causes: Cause to the others; together with ``agree`` they are ``people``.
        unexplained: Of them, those for whom no cause says why.
        samples: Cause to a few prospect ids.
        seconds: How long it took.
        pardot_calls: What it cost.
        odoo_calls: The same of Odoo's.
        code_version: Of the package that compared.
        skipped: Why nothing was compared; None where it was.
        id: Its number; 0 before it is stored.
    """

    at: datetime
    people: int
    agree: int
    causes: dict[str, int]
    unexplained: int
    samples: dict[str, list[str]] = field(default_factory=dict)
    seconds: float = 0.0
    pardot_calls: int = 0
    odoo_calls: int = 0
    code_version: str = ""
    skipped: str | None = None
    id: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether everybody agrees or has a cause that says why not."""
        return self.skipped is None and self.unexplained == 0


_NAMES = list(Certificate.__dataclass_fields__)
_COLUMNS = [t.c[name] for name in _NAMES]


def store(connection: sa.Connection, one: Certificate) -> int:
    """Keep a certificate; returns its number."""
    values = {name: getattr(one, name) for name in _NAMES if name != "id"}
    return int(connection.execute(sa.insert(t).values(**values).returning(t.c.id)).scalar_one())


def last(connection: sa.Connection, *, with_skipped: bool = False) -> Certificate | None:
    """The latest certificate, None before the first one."""
    found = recent(connection, 1, with_skipped=with_skipped)
    return found[0] if found else None


def recent(
    connection: sa.Connection, limit: int = 10, *, with_skipped: bool = False
) -> Sequence[Certificate]:
    """The latest certificates, newest first."""
    query = sa.select(*_COLUMNS).order_by(t.c.id.desc()).limit(limit)
    if not with_skipped:
        query = query.where(t.c.skipped.is_(None))
    return [_certificate(row) for row in connection.execute(query)]


def _certificate(row: Any) -> Certificate:
    return Certificate(**row._asdict())
