"""The audit as batches see it.

What lives here: the port, and the one that records nothing. What does not: collecting and writing
(`audit`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, Protocol

__all__ = ["Audit", "NoAudit"]


class Audit(Protocol):
    """Is told of what becomes of people's values; columns as `audit_files.SCHEMAS` names them."""

    def of_batch(self, key: str, attempt: int) -> contextlib.AbstractContextManager[None]:
        """Everything told inside belongs to this batch."""
        ...

    def values(self, columns: Mapping[str, Any], size: int) -> None:
        """Records whose values were changed or written: a list for each column, or one value."""
        ...

    def transfers(self, columns: Mapping[str, Any], size: int) -> None:
        """People whose data went from one system to another; as `values`."""
        ...

    def close(self) -> None:
        """Write what waits, and end."""
        ...


class NoAudit:
    """Records nothing: for dry runs, and for worlds that are replayed."""

    def of_batch(self, key: str, attempt: int) -> contextlib.AbstractContextManager[None]:
        """See `Audit`."""
        return contextlib.nullcontext()

    def values(self, columns: Mapping[str, Any], size: int) -> None:
        """See `Audit`."""

    def transfers(self, columns: Mapping[str, Any], size: int) -> None:
        """See `Audit`."""

    def close(self) -> None:
        """See `Audit`."""
