"""One receiver per module, for every test that does not end or starve it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pardot_odoo_pipeline_tests.webhooks.receiver_process import Receiver


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    with Receiver.running(tmp_path_factory.mktemp("receiver") / "home") as running:
        yield running
