"""``activities_validated``: activities of which id, type and time can be read.

What lives here: the row rules. What does not: what an activity means.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from pardot_odoo_pipeline.schemas.activities_raw import ActivitiesRaw
from pardot_odoo_pipeline.schemas.checked import checked

__all__ = ["ActivitiesValidated", "SplitActivities", "split_activities"]


def _is_time(text: object) -> bool:
    try:
        return datetime.fromisoformat(str(text)).tzinfo is not None
    except ValueError:
        return False


class ActivitiesValidated(ActivitiesRaw):
    """Activities that can be placed in a history."""

    @pa.dataframe_check(name="id_unusable", ignore_na=False)
    @classmethod
    def id_is_a_number(cls, frame: pd.DataFrame) -> pd.Series:
        """The id is digits, those of a page view behind ``pv``."""
        return frame["id"].fillna("").str.fullmatch(r"(pv)?[0-9]{1,18}").astype(bool)

    @pa.dataframe_check(name="type_unusable", ignore_na=False)
    @classmethod
    def type_is_a_number(cls, frame: pd.DataFrame) -> pd.Series:
        """The type is a number."""
        return frame["type"].fillna("").str.fullmatch(r"[0-9]{1,6}").astype(bool)

    @pa.dataframe_check(name="owner_unusable", ignore_na=False)
    @classmethod
    def owner_is_a_number(cls, frame: pd.DataFrame) -> pd.Series:
        """The prospect, where there is one, is a number."""
        return frame["prospectId"].fillna("0").str.fullmatch(r"[0-9]{1,18}").astype(bool)

    @pa.dataframe_check(name="time_unusable", ignore_na=False)
    @classmethod
    def time_has_a_zone(cls, frame: pd.DataFrame) -> pd.Series:
        """The time can be read, and says where on earth."""
        return pd.Series([_is_time(text) for text in frame["createdAt"]], frame.index, dtype=bool)

    class Config:
        """As the raw frame."""

        name = "activities_validated"
        coerce = True
        strict = False


class SplitActivities(NamedTuple):
    """The rows that passed, and how many failed which rule first."""

    valid: pd.DataFrame
    reasons: dict[str, int]


def split_activities(frame: pd.DataFrame) -> SplitActivities:
    """Validate every row; a bad row never stops the others."""
    frame = frame.reset_index(drop=True)
    first: dict[int, str] = {}
    try:
        frame = checked(ActivitiesValidated, frame, lazy=True)
    except SchemaErrors as error:
        failures = error.failure_cases
        for check, at in zip(failures["check"], failures["index"], strict=True):
            first.setdefault(int(at), str(check))
    reasons: dict[str, int] = {}
    for reason in first.values():
        reasons[reason] = reasons.get(reason, 0) + 1
    bad = frame.index.isin(list(first))
    return SplitActivities(frame[~bad].reset_index(drop=True), reasons)
