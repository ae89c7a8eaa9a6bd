"""Fixtures for whoever needs both systems: one world per module, so that modules can run apart."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from pardot_odoo_pipeline_tests.world import World

# How fast a machine draws examples says nothing about the code.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# New examples are for people, who can go on from them; elsewhere a commit has one result.
settings.register_profile("ci", settings.get_profile("project"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "project")


@pytest.fixture(scope="module")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Sixty prospects in Pardot, and an Odoo that is not provisioned."""
    with World.running(tmp_path_factory.mktemp("small"), 60) as world:
        yield world


@pytest.fixture(scope="module")
def synced_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Eighty prospects after their initial sync."""
    with World.running(tmp_path_factory.mktemp("synced"), 80) as world:
        world.begin()
        yield world


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty ``PIPELINE_HOME``."""
    return tmp_path
