"""The file `.env`, for processes that live longer than what was in it when they began.

What lives here: telling a value that somebody set in the environment from one that Dagster copied
there out of `.env` when the process began. What does not: the settings themselves (`settings`).

Dagster's servers put the content of `.env` into their environment, and the environment goes before
the file. Credentials that an operator replaces in the file would else be seen only after a restart.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from dotenv import dotenv_values

__all__ = ["renewed"]

_COPIED = {
    name: value
    for name, value in dotenv_values(".env").items()
    if value is not None and os.environ.get(name) == value
}


def renewed(present: Mapping[str, str | None]) -> dict[str, str]:
    """What the file says now of variables that the environment has only from its older state.

    Args:
        present: The file's variables now, names in lower case.

    Returns:
        Name in lower case to the value that counts.
    """
    found: dict[str, str] = {}
    for name, old in _COPIED.items():
        now = present.get(name.lower())
        if now is not None and now != old and os.environ.get(name) == old:
            found[name.lower()] = now
    return found
