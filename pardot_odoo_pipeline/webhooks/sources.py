"""The sources that are open now: rules and secrets, looked at again when their files change.

What lives here: what a request is judged by, and noticing changes. What does not: reading secrets
(`secrets`) and judging (`guards`).

Keys are rotated while senders go on sending, so neither a new secret nor a changed rule may need a
restart. A change that cannot be read leaves everything as it was, and is told once.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pardot_odoo_pipeline.errors import PipelineError
from pardot_odoo_pipeline.ledger.lookup_key import LookupKey
from pardot_odoo_pipeline.mapping.rules_file import load_rules
from pardot_odoo_pipeline.mapping.webhook_rules import Authentication, SourceRule, WebhookRules
from pardot_odoo_pipeline.pushed_events import System
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline.webhooks.guards import Bucket, Guard
from pardot_odoo_pipeline.webhooks.payloads import Reading
from pardot_odoo_pipeline.webhooks.secrets import SIGNING_PREFIX, open_sources, secret_file

__all__ = ["OpenSources", "SourceBook"]

_Seen = tuple[tuple[int, int] | None, ...]


@dataclass(frozen=True)
class OpenSources:
    """What requests are judged by, as of one look at the files.

    Attributes:
        rules: The rules on webhooks.
        guards: One for each open source, by its name.
        reading: How events are read.
    """

    rules: WebhookRules
    guards: Mapping[str, Guard]
    reading: Reading


class SourceBook:
    """Holds the open sources, and reads them anew when a file has changed.

    Attributes:
        current: The open sources.
        decoy: Judges requests for sources that do not exist, so that they take as long as others.

    Args:
        settings: Where rules and secrets are.
        lookup_key: Hashes addresses.

    Raises:
        ConfigurationError: A rule or a secret is wrong.
    """

    def __init__(self, settings: Settings, lookup_key: LookupKey) -> None:
        self._settings = settings
        self._lookup_key = lookup_key
        self._buckets: dict[str, Bucket] = {}
        self.decoy = _decoy()
        self._seen = self._look()
        self.current = self._read()

    def bucket(self, guard: Guard) -> Bucket:
        """What is left of a source's rate; a change of the rate begins anew."""
        bucket = self._buckets.get(guard.name)
        if bucket is None or bucket.rate != guard.rule.rate:
            bucket = self._buckets[guard.name] = Bucket(guard.rule.rate)
        return bucket

    def refresh(self, report: Callable[[PipelineError], None]) -> None:
        """Read rules and secrets anew if one of their files has changed.

        Args:
            report: Told why a change is not followed.
        """
        seen = self._look()
        if seen == self._seen:
            return
        try:
            self.current = self._read()
        except PipelineError as failure:
            report(failure)
        # A file that changed while it was read shows another time at the next look.
        self._seen = seen

    def _read(self) -> OpenSources:
        rules = load_rules(self._settings.pipeline_config)
        return OpenSources(
            rules=rules.webhooks,
            guards={
                name: Guard(name, source.rule, source.secrets)
                for name, source in open_sources(self._settings, rules).items()
            },
            reading=Reading(
                zone=rules.account_time_zone,
                hot_types=frozenset(rules.webhooks.hot_types),
                hot_score=rules.webhooks.hot_score,
                hash_email=self._lookup_key.hash,
            ),
        )

    def _look(self) -> _Seen:
        folder = secret_file(self._settings, "").parent
        try:
            files = sorted(folder.iterdir())
        except OSError:
            files = []
        return tuple(
            _stamp(path) for path in (self._settings.pipeline_config, Path(".env"), *files)
        )


def _decoy() -> Guard:
    rule = SourceRule.model_validate(
        {"system": System.PARDOT, "authentication": Authentication.SIGNATURE}
    )
    return Guard("", rule, (SIGNING_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode(),))


def _stamp(path: Path | None) -> tuple[int, int] | None:
    if path is None:
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_ino)
