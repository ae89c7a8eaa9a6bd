"""Channels: the addresses in ``ALERT_URLS``, and one notice to one of them.

What lives here: reading the setting, and handing a text to apprise, which speaks to mail servers,
Slack, Teams, PagerDuty and plain webhooks. What does not: what is told and when (`notices`).

An address is a secret: it holds passwords and tokens. People see its name, else its kind.
"""

from __future__ import annotations

import contextlib
import io
import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.ledger.lookup_key import LookupKey
from pardot_odoo_pipeline.mapping.alert_rules import CHANNEL_NAME, Severity

__all__ = ["Channel", "channels_of"]

# A comma separates only where a new address begins: addresses hold commas themselves.
_BEGIN = re.compile(
    rf"(?:^|[\s,]+)(?:(?P<name>{CHANNEL_NAME.pattern})=)?(?=[A-Za-z][A-Za-z0-9+.-]*://)"
)
_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*")

_LONGEST_REASON = 200

_CONNECT_SECONDS = 8.0


@dataclass(frozen=True)
class Channel:
    """Somebody who can be told something.

    Attributes:
        key: What the ledger knows it by; the same as long as name or address are.
        name: What people call it.
        kind: The scheme of its address, such as ``mailtos``.
        url: The address.
    """

    key: str
    name: str
    kind: str
    url: SecretStr

    def send(self, title: str, text: str, severity: Severity, *, over: bool = False) -> str | None:
        """Hand a notice over; None where it was accepted, else why not, in words without secrets.

        Args:
            title: One line.
            text: The whole of it.
            severity: How much it matters; some services colour it so.
            over: Whether it says that something is over.
        """
        import apprise

        levels = {Severity.INFO: "info", Severity.WARNING: "warning", Severity.ERROR: "failure"}
        with _heard() as said:
            try:
                service = apprise.Apprise(asset=_asset(apprise))
                if not service.add(self.url.get_secret_value()):
                    return "apprise does not know such an address"
                for plugin in service:
                    plugin.socket_connect_timeout = _CONNECT_SECONDS
                accepted = service.notify(
                    body=text,
                    title=title,
                    notify_type=apprise.NotifyType("success" if over else levels[severity]),
                    body_format=apprise.NotifyFormat.TEXT,
                )
            except Exception as failure:  # a plugin's own: whatever it is, the notice did not go
                return f"{type(failure).__name__} in apprise"
        return None if accepted else self._reason(said.getvalue())

    def _reason(self, said: str) -> str:
        """The last thing that apprise said, without any part of the address."""
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        reason = lines[-1] if lines else "it was not accepted"
        for part in sorted(_parts(self.url.get_secret_value()), key=len, reverse=True):
            reason = reason.replace(part, "…")
        return reason[:_LONGEST_REASON]


def channels_of(urls: SecretStr | None, lookup_key: LookupKey) -> Sequence[Channel]:
    """The channels of ``ALERT_URLS``; nobody where it is not set.

    Args:
        urls: The setting.
        lookup_key: Makes keys of addresses that have no name.

    Raises:
        ConfigurationError: Something in it is no address, or a name is there twice.
    """
    text = urls.get_secret_value().strip() if urls is not None else ""
    if not text:
        return ()
    begins = list(_BEGIN.finditer(text))
    if not begins or begins[0].start() != 0:
        raise ConfigurationError(
            "ALERT_URLS does not begin with an address",
            fix="Write addresses like mailtos://…, slack://… or json://…, separated by commas, "
            "with a name before each if you like: oncall=pagerduty://… (docs/alerts.md)",
            code="alert_urls",
        )
    ends = [match.start() for match in begins[1:]] + [len(text)]
    found: list[Channel] = []
    for begin, end in zip(begins, ends, strict=True):
        url = text[begin.end() : end].strip().rstrip(",")
        scheme = _SCHEME.match(url)
        assert scheme is not None
        kind = scheme.group().lower()
        fingerprint = lookup_key.hash(f"alert address {url}")[:8]
        name = begin["name"]
        found.append(Channel(name or f"{kind}:{fingerprint}", name or kind, kind, SecretStr(url)))
    _check(found)
    return found


def _check(channels: Sequence[Channel]) -> None:
    import apprise

    keys = [channel.key for channel in channels]
    twice = [channel.name for channel in channels if keys.count(channel.key) > 1]
    if twice:
        raise ConfigurationError(
            f"ALERT_URLS names {twice[0]} twice",
            fix="Give each address a name of its own, or leave the second out",
            code="alert_urls",
        )
    for number, channel in enumerate(channels, start=1):
        with _heard():
            try:
                usable = apprise.Apprise().add(channel.url.get_secret_value())
            except Exception:  # a plugin's own, with the address in it
                usable = False
        if not usable:
            raise ConfigurationError(
                f"Address {number} in ALERT_URLS ({channel.kind}://…) is none that apprise "
                "understands",
                fix="Compare it with the examples in docs/alerts.md; characters like @ and / in "
                "passwords are written as %40 and %2F",
                code="alert_urls",
            )


def _asset(apprise: Any) -> Any:
    return apprise.AppriseAsset(
        app_id="pardot-odoo",
        app_desc="Pardot-Odoo sync",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        default_image_size=None,
    )


@contextlib.contextmanager
def _heard() -> Iterator[io.StringIO]:
    """What apprise says goes nowhere else: it may quote an address, or an answer that does."""
    logger = logging.getLogger("apprise")
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    handler.setLevel(logging.WARNING)
    before = (logger.handlers[:], logger.propagate, logger.level)
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.WARNING)
    try:
        yield said
    finally:
        logger.handlers, logger.propagate = before[0], before[1]
        logger.setLevel(before[2])


def _parts(url: str) -> set[str]:
    """Everything in an address that may be a secret or somebody's own address."""
    parts: set[str] = set()
    for text in {url, unquote(url)}:
        split = urlsplit(text)
        host = split.hostname or ""
        parts.update(re.split(r"[/?&=:@,;]+", text), re.findall(r"[^/?&=:,;]+@[^/?&=:,;]+", text))
        parts -= {split.scheme, host, str(split.netloc.rpartition(":")[2])}
    return {part for part in parts if len(part) > 2}
