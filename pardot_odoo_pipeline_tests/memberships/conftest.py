"""One world for the stories of a module, after the first batch of lists."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pardot_odoo_pipeline_tests.memberships.lists_world import ListsWorld
from pardot_odoo_pipeline_tests.world import World


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ListsWorld]:
    with World.running(tmp_path_factory.mktemp("lists"), 60) as world:
        assert world.run("provision").code == 0
        made = ListsWorld(world)
        made.batch()
        yield made
