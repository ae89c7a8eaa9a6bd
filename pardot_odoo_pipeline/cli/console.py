"""What the commands print: results on standard output, progress on standard error.

What lives here: the shared console and the JSON convention. What does not: any content.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from rich.console import Console

__all__ = ["emit_json", "say", "stderr", "stdout"]

stderr = Console(stderr=True, highlight=False)
stdout = Console(highlight=False)


def say(line: str) -> None:
    """One line of progress, for people."""
    stderr.print(line)


def emit_json(document: dict[str, Any]) -> None:
    """The result for programs: one JSON object, last on standard output, on one line."""
    sys.stdout.write(json.dumps(document, default=str) + "\n")
    sys.stdout.flush()
