from __future__ import annotations

import pytest

from pardot_odoo_pipeline.schemas import table_schema
from pardot_odoo_pipeline.schemas.batch_outcome import BatchOutcome
from pardot_odoo_pipeline.schemas.load_results import LoadResults
from pardot_odoo_pipeline.schemas.odoo_records import OdooRecords
from pardot_odoo_pipeline.schemas.prospects_normalized import ProspectsNormalized
from pardot_odoo_pipeline.schemas.prospects_raw import ProspectsRaw
from pardot_odoo_pipeline.schemas.prospects_validated import ProspectsValidated
from pardot_odoo_pipeline.schemas.quarantine import Findings, Quarantined
from pardot_odoo_pipeline.schemas.sync_plan import SyncPlan

FRAMES = [
    ProspectsRaw,
    ProspectsValidated,
    ProspectsNormalized,
    Quarantined,
    Findings,
    OdooRecords,
    SyncPlan,
    LoadResults,
    BatchOutcome,
]


@pytest.mark.parametrize("model", FRAMES, ids=lambda model: model.__name__)
def test_every_column_of_every_frame_is_described(model):
    columns = table_schema.columns(model)
    assert columns
    for column in columns:
        assert column.description, column.name
        assert column.type


def test_types_are_named_the_same_under_every_pandas():
    types = {column.name: column.type for column in table_schema.columns(ProspectsNormalized)}
    assert types["email"] == "string"
    assert types["score"] == "Int64"
    assert types["updated_at"] == "datetime64[us, UTC]"
