"""Run one part or all of them: ``python -m bench [--part NAME]``; ``make bench PART=NAME``."""

from __future__ import annotations

import argparse
import importlib
import sys

PARTS = {
    "batch_shape": "one multi-asset against seven assets for a small batch",
    "sandbox": "rows a second of the two sandbox servers",
    "initial": "an initial sync of 100,000 prospects between the sandboxes",
    "receiver": "a thousand signed events a second, on SQLite and on PostgreSQL",
    "audit": "an initial sync with and without the audit",
    "agreement": "everybody on both sides compared: seconds, calls, memory",
    "idle": "an interval in which nothing happened, and the one after an initial sync",
    "warm_path": "the run before the batch, or the batch before the run",
    "webhook": "from a pushed event to the lead in Odoo: idle, stock settings, under load",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "--part", choices=PARTS, help="; ".join(f"{k}: {v}" for k, v in PARTS.items())
    )
    chosen = parser.parse_args().part
    for part in [chosen] if chosen else PARTS:
        print(f"== {part}: {PARTS[part]}", flush=True)
        importlib.import_module(f"bench.{part}").run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
