"""One process may open the ledger many times while others come and go."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pardot_odoo_pipeline.ledger.engine import open_ledger

_OPEN_AND_CLOSE = """
import sys
from pardot_odoo_pipeline.ledger.engine import open_ledger
with open_ledger(sys.argv[1]) as ledger, ledger.read():
    pass
"""


def test_another_opening_in_this_process_leaves_the_locks_of_the_first(tmp_path: Path) -> None:
    """Found in a killed `up`: closing any descriptor of a file drops all locks that the process
    has on it; the next process to leave then takes itself for the last one and deletes the
    write-ahead log that is in use. The indexes disagreed with their table afterwards.
    """
    path = tmp_path / "ledger.sqlite"
    log = path.with_name("ledger.sqlite-wal")
    with open_ledger(path) as first, first.read():
        in_use = log.stat().st_ino
        open_ledger(path).close()
        subprocess.run([sys.executable, "-c", _OPEN_AND_CLOSE, str(path)], check=True)
        assert log.exists(), "another process deleted the write-ahead log of an open ledger"
        assert log.stat().st_ino == in_use
