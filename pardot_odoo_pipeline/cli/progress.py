"""Progress bars of a sync, on standard error; on no terminal, a line per stage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from pardot_odoo_pipeline.cli.console import stderr
from pardot_odoo_pipeline.ports import Progress as ProgressPort

__all__ = ["progress_bars"]


@contextmanager
def progress_bars() -> Iterator[ProgressPort]:
    """A progress port that draws one bar per stage and forgets it when the next batch begins."""
    bars = Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<18}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=stderr,
        transient=not stderr.is_terminal,
    )
    tasks: dict[str, TaskID] = {}

    def advance(stage: str, done: int, total: int) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(stage, total=total or None)
        bars.update(tasks[stage], completed=done, total=total or None)

    with bars:
        yield advance
