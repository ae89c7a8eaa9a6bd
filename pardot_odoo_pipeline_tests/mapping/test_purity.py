"""The pure core stays pure: converting a value needs no framework, network or database."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import importlib, pkgutil, sys
from pardot_odoo_pipeline import mapping, schemas
for package in (mapping, schemas):
    for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
print(*sorted({"dagster", "requests", "sqlalchemy", "duckdb", "httpx"} & set(sys.modules)))
"""


def test_mapping_and_schemas_import_no_framework_network_or_database():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.split() == []
