"""The boundary to Dagster's event log: what an exception may say there.

What lives here: the translation of any exception into a failure without values. What does not:
deciding what a failure means, which its own module did.

Dagster stores exceptions for good and shows them to everyone who reaches the UI, and SQLAlchemy,
pandera, DuckDB and Odoo all print values in theirs.
"""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator

import dagster as dg

from pardot_odoo_pipeline.errors import PipelineError

__all__ = ["coded_failures"]


@contextlib.contextmanager
def coded_failures() -> Iterator[None]:
    """Let nothing but a coded failure out: cause, fix and place, no values, no chain."""
    try:
        yield
    except PipelineError as failure:
        raise dg.Failure(
            description=str(failure),
            metadata={
                "code": str(failure.code or type(failure).__name__),
                "cause": failure.cause,
                "fix": failure.fix,
                "class": str(failure.failure_class or "unknown"),
                "system": failure.system or "",
            },
            allow_retries=False,
        ) from None
    except (dg.Failure, GeneratorExit, KeyboardInterrupt):
        raise
    except Exception as surprise:
        frame = traceback.extract_tb(surprise.__traceback__)[-1]
        place = f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
        raise dg.Failure(
            description=f"Unexpected {type(surprise).__name__} at {place}. "
            "Report it with this line; the batch will be tried again.",
            metadata={"code": type(surprise).__name__, "place": place},
            allow_retries=False,
        ) from None
