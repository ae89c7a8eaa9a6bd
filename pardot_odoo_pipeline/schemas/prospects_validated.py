"""``prospects_validated``: the prospects that can be synced, still as text.

What lives here: the row rules, one check per quarantine reason and named by it. What does not: the
split of a frame by them (``mapping/split.py``) and the conversion of values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd
import pandera.pandas as pa

from pardot_odoo_pipeline.mapping.emails import is_valid_email
from pardot_odoo_pipeline.mapping.reasons import QuarantineReason
from pardot_odoo_pipeline.schemas.prospects_raw import ProspectsRaw
from pardot_odoo_pipeline.schemas.rows import plain_values

__all__ = ["ProspectsValidated"]


_DIGITS = re.compile("[0-9]+")


def _texts(frame: pd.DataFrame, name: str) -> list[str]:
    """A column without what is around its texts; of a few rows that is done sooner than by it."""
    return [(text or "").strip() for text in plain_values(frame[name])]


def _in_recycle_bin(frame: pd.DataFrame) -> list[bool]:
    return [text.lower() in ("true", "1") for text in _texts(frame, "isDeleted")]


def _told(frame: pd.DataFrame, passed: Iterable[bool]) -> pd.Series:
    return pd.Series(list(passed), index=frame.index, dtype=bool)


class ProspectsValidated(ProspectsRaw):
    """Prospects with a usable id and a valid e-mail address.

    People in the recycle bin need no address: nothing is made of them, they are only counted.
    """

    @pa.dataframe_check(name=QuarantineReason.IDENTITY_CONFLICT.value, ignore_na=False)
    @classmethod
    def id_is_a_number(cls, frame: pd.DataFrame) -> pd.Series:
        """The id is digits only."""
        ids = plain_values(frame["id"])
        return _told(frame, (bool(_DIGITS.fullmatch(one or "")) for one in ids))

    @pa.dataframe_check(name=QuarantineReason.EMAIL_MISSING.value, ignore_na=False)
    @classmethod
    def email_is_present(cls, frame: pd.DataFrame) -> pd.Series:
        """There is an e-mail address."""
        both = zip(_texts(frame, "email"), _in_recycle_bin(frame), strict=True)
        return _told(frame, (bool(address) or binned for address, binned in both))

    @pa.dataframe_check(name=QuarantineReason.EMAIL_INVALID.value, ignore_na=False)
    @classmethod
    def email_is_valid(cls, frame: pd.DataFrame) -> pd.Series:
        """The e-mail address, where there is one, has the syntax of one."""
        both = zip(_texts(frame, "email"), _in_recycle_bin(frame), strict=True)
        return _told(
            frame, (not address or binned or is_valid_email(address) for address, binned in both)
        )

    class Config:
        """As the raw frame."""

        name = "prospects_validated"
        coerce = True
        strict = False
