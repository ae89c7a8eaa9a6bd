"""What a step hands on: a frame, numbers about it, and the checks that it passed or not."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

__all__ = ["CheckResult", "StepResult"]

Number = int | float | str


@dataclass(frozen=True)
class CheckResult:
    """One assertion about the step's frame.

    Attributes:
        name: As in the asset catalogue.
        passed: Whether it holds.
        blocking: Whether the batch must stop where it does not.
        metadata: Counts behind the verdict, never values of a person.
    """

    name: str
    passed: bool
    blocking: bool = True
    metadata: dict[str, Number] = field(default_factory=dict)


@dataclass(frozen=True)
class StepResult:
    """The outcome of one step.

    Attributes:
        asset: Name of the asset that the frame is.
        frame: Its rows.
        metadata: Counts (ints are plotted over time) and durations in seconds.
        checks: Its checks.
    """

    asset: str
    frame: pd.DataFrame
    metadata: dict[str, Number] = field(default_factory=dict)
    checks: tuple[CheckResult, ...] = ()
