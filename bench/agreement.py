"""What the comparison of everybody costs: seconds, calls and memory of `pardot-odoo reconcile`.

Both sandboxes after an initial sync, and the intervals after it until two in a row are quiet. The
command runs in a process of its own, three times; its peak memory is what the system says of it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.harness import save
from bench.idle import MOST_BATCHES, PEOPLE, SEED, World
from pardot_odoo_pipeline.cli.sandbox import running_sandbox
from pardot_odoo_pipeline.settings import Home

_ROUNDS = 3
_PEAK = """
import resource, sys
from pardot_odoo_pipeline.cli.main import main
try:
    main()
finally:
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def _compared(world: World) -> dict[str, Any]:
    begun, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, "reconcile", "--json"],
        env=world.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    report = json.loads(done.stdout.strip().splitlines()[-1])
    peak = int(done.stderr.rpartition("peak ")[2].split()[0])
    return {
        "people": report["people"],
        "agree": report["agree"],
        "unexplained": report["unexplained"],
        "causes": {one["cause"]: one["people"] for one in report["causes"]},
        "pardot_calls": report["calls"]["pardot"],
        "odoo_calls": report["calls"]["odoo"],
        "seconds": report["seconds"],
        "seconds_with_start": round(time.perf_counter() - begun, 1),
        "processor_seconds": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - used, 1),
        "peak_mib": round(peak / 1024, 1),
    }


def run() -> None:
    """Sync everybody, wait until it is quiet, then compare."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder)).create()
        with running_sandbox(home, ("pardot", "odoo"), prospects=PEOPLE, seed=SEED) as states:
            world = World(home.path, states)
            world.run("provision")
            world.run("sync", "--initial", "--yes", "--json")
            right_after = _compared(world)
            quiet = 0
            for _ in range(MOST_BATCHES):
                quiet = quiet + 1 if world.batch()["people_read"] == 0 else 0
                if quiet == 2:
                    break
            rounds = [_compared(world) for _ in range(_ROUNDS)]
    save(
        "agreement",
        {"people": PEOPLE, "right_after_initial": right_after, "when_quiet": rounds},
        {"BENCH_PEOPLE": str(PEOPLE)},
    )
