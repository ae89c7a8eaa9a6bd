"""``prospects_validated``: the prospects that can be synced, still as text.

What lives here: the row rules, one check per quarantine reason and named by it. What does not: the
split of a frame by them (``mapping/split.py``) and the conversion of values.
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from pardot_odoo_pipeline.mapping.emails import is_valid_email
from pardot_odoo_pipeline.mapping.reasons import QuarantineReason
from pardot_odoo_pipeline.schemas.prospects_raw import ProspectsRaw

__all__ = ["ProspectsValidated"]


def _present(column: pd.Series) -> pd.Series:
    return column.notna() & (column.fillna("").str.strip() != "")


def _in_recycle_bin(frame: pd.DataFrame) -> pd.Series:
    return frame["isDeleted"].fillna("").str.strip().str.lower().isin(["true", "1"])


class ProspectsValidated(ProspectsRaw):
    """Prospects with a usable id and a valid e-mail address.

    People in the recycle bin need no address: nothing is made of them, they are only counted.
    """

    @pa.dataframe_check(name=QuarantineReason.IDENTITY_CONFLICT.value, ignore_na=False)
    @classmethod
    def id_is_a_number(cls, frame: pd.DataFrame) -> pd.Series:
        """The id is digits only."""
        return frame["id"].fillna("").str.fullmatch(r"[0-9]+").astype(bool)

    @pa.dataframe_check(name=QuarantineReason.EMAIL_MISSING.value, ignore_na=False)
    @classmethod
    def email_is_present(cls, frame: pd.DataFrame) -> pd.Series:
        """There is an e-mail address."""
        return (_present(frame["email"]) | _in_recycle_bin(frame)).astype(bool)

    @pa.dataframe_check(name=QuarantineReason.EMAIL_INVALID.value, ignore_na=False)
    @classmethod
    def email_is_valid(cls, frame: pd.DataFrame) -> pd.Series:
        """The e-mail address, where there is one, has the syntax of one."""
        exempt = ~_present(frame["email"]) | _in_recycle_bin(frame)
        valid = [
            bool(skip) or is_valid_email(address.strip())
            for skip, address in zip(exempt, frame["email"], strict=True)
        ]
        return pd.Series(valid, index=frame.index, dtype=bool)

    class Config:
        """As the raw frame."""

        name = "prospects_validated"
        coerce = True
        strict = False
