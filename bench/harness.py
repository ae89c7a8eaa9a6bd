"""Alternating pairs, medians, peak memory, and a JSON file per part.

These machines are noisy: a figure means something only beside another one of the same run.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def alternate(
    variants: Mapping[str, Callable[[int], Mapping[str, float]]], rounds: int, *, warm_up: int = 1
) -> dict[str, dict[str, dict[str, float]]]:
    """Run the variants in turn; per variant and figure the minimum, median and maximum."""
    seen: dict[str, list[Mapping[str, float]]] = {name: [] for name in variants}
    for number in range(rounds + warm_up):
        order = list(variants) if number % 2 else list(reversed(variants))
        for name in order:
            figures = variants[name](number)
            if number >= warm_up:
                seen[name].append(figures)
    return {
        name: {
            figure: {
                "min": round(min(row[figure] for row in rows), 4),
                "median": round(statistics.median(row[figure] for row in rows), 4),
                "max": round(max(row[figure] for row in rows), 4),
            }
            for figure in rows[0]
        }
        for name, rows in seen.items()
    }


class PeakMemory:
    """The highest resident memory of processes, sampled twice a second, in MiB."""

    def __init__(self) -> None:
        self.peaks: dict[str, float] = {}

    def sample(self, pids: Mapping[str, int]) -> None:
        """Look at each process once."""
        for name, pid in pids.items():
            try:
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            except (OSError, IndexError, ValueError):
                continue
            used = pages * os.sysconf("SC_PAGE_SIZE") / 2**20
            self.peaks[name] = round(max(self.peaks.get(name, 0.0), used), 1)


def save(part: str, document: dict[str, Any], variables: Mapping[str, str] | None = None) -> None:
    """Write the results beside those of other parts, and show them.

    Args:
        part: Its name.
        document: What was measured.
        variables: The environment that the command needs to measure the same.
    """
    before = "".join(f"{name}={value} " for name, value in (variables or {}).items())
    document = {
        "part": part,
        "command": f"{before}make bench PART={part}",
        "code": code_version(),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        **document,
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{part}.json"
    path.write_text(json.dumps(document, indent=2) + "\n")
    print(json.dumps(document, indent=2), flush=True)


def code_version() -> str:
    """The commit that is measured."""
    return _git("rev-parse", "--short", "HEAD")


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip()
