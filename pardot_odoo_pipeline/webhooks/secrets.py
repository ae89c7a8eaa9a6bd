"""The secrets of the sources that may push, and the addresses that hold them.

What lives here: reading secrets from the environment, from ``.env`` and from their files, making
one, and refusing weak ones. What does not: judging a request by them (the receiver), and the rules
of a source (``mapping/webhook_rules.py``).

A source without a secret is closed, so that nothing listens to the world unasked.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.mapping.webhook_rules import Authentication, SourceRule
from pardot_odoo_pipeline.settings import Settings

__all__ = [
    "SIGNING_PREFIX",
    "Source",
    "ensure_secret",
    "open_sources",
    "secret_file",
    "secret_place",
    "secrets_of",
    "signing_key",
    "source_url",
]

SIGNING_PREFIX = "whsec_"
"""With what the Standard Webhooks specification begins a secret for signatures."""

_KEY_BYTES = range(24, 65)  # what the specification allows
_MADE_BYTES = 32
_SHORTEST, _FEWEST_LETTERS = 32, 8
_WORDS = {
    # As RFC 6750 spells a bearer token, and RFC 3986 what a path may hold as it is.
    Authentication.BEARER: re.compile(r"[A-Za-z0-9._~+/-]+=*"),
    Authentication.TOKEN: re.compile(r"[A-Za-z0-9._~-]+"),
}


@dataclass(frozen=True)
class Source:
    """A source whose events are taken.

    Attributes:
        name: As the rules call it.
        rule: Its rule.
        secrets: Every secret that is accepted; the first is the one that is handed out.
    """

    name: str
    rule: SourceRule
    secrets: tuple[str, ...] = field(repr=False)


def secrets_of(settings: Settings, rules: Rules, source: str) -> tuple[str, ...]:
    """Every secret of a source, the one to use first; none: the source is closed.

    The environment goes before ``.env``, and both go before the file that provisioning makes.

    Raises:
        ConfigurationError: One of them is too weak or cannot be used, or the file cannot be read.
    """
    given, place = _given(settings, rules, source)
    # In a file they may stand on lines of their own.
    parts = re.split(r"[,\n]", given)
    found = tuple(dict.fromkeys(word for part in parts if (word := part.strip())))
    rule = rules.webhooks.sources[source]
    for number, secret in enumerate(found, start=1):
        _refuse_weak(rule.authentication, secret, f"Secret {number} in {place}")
    return found


def ensure_secret(settings: Settings, rules: Rules, source: str) -> str:
    """The secret that a source signs with, made and kept in its file where there is none.

    Raises:
        ConfigurationError: As `secrets_of`, or the file cannot be made.
    """
    found = secrets_of(settings, rules, source)
    if not found:
        path = secret_file(settings, source)
        try:
            _create(path, _made(rules.webhooks.sources[source].authentication))
        except OSError as failure:
            raise _unusable(path, failure) from None
        # A faster process may have made another one.
        found = secrets_of(settings, rules, source)
    return found[0]


def open_sources(settings: Settings, rules: Rules) -> dict[str, Source]:
    """The sources whose events are taken: active, and with a secret.

    Raises:
        ConfigurationError: As `secrets_of`.
    """
    sources = {
        name: Source(name, rule, secrets_of(settings, rules, name))
        for name, rule in rules.webhooks.sources.items()
        if rule.active
    }
    return {name: source for name, source in sources.items() if source.secrets}


def source_url(base: str, source: Source) -> str:
    """Where a source sends its events; with authentication by token it holds the secret."""
    url = f"{base.rstrip('/')}/webhooks/{source.rule.system}/{source.name}"
    if source.rule.authentication is Authentication.TOKEN:
        return f"{url}/{source.secrets[0]}"
    return url


def secret_file(settings: Settings, source: str) -> Path:
    """Where the secret of a source is kept that the environment does not give."""
    return settings.home.keys / "webhooks" / source


def secret_place(settings: Settings, rules: Rules, source: str) -> str:
    """Where the secrets of a source stand: the name of a variable, or a file.

    Raises:
        ConfigurationError: The file cannot be read.
    """
    return _given(settings, rules, source)[1]


def signing_key(secret: str) -> bytes:
    """The key that a secret for signatures stands for.

    Raises:
        ValueError: It is not base64.
    """
    return base64.b64decode(secret.removeprefix(SIGNING_PREFIX), validate=True)


def _given(settings: Settings, rules: Rules, source: str) -> tuple[str, str]:
    """The secrets as they are written, and where."""
    name = rules.webhooks.secret_name(source)
    given = os.environ.get(name) or _from_env_file(settings, name)
    if given:
        return given, name
    path = secret_file(settings, source)
    return _read(path), str(path)


def _from_env_file(settings: Settings, name: str) -> str:
    files = settings.model_config.get("env_file") or ()
    paths = [files] if isinstance(files, str | os.PathLike) else files
    values = [dotenv_values(path).get(name) for path in paths]
    return next((value for value in reversed(values) if value), "")


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise ConfigurationError(
            f"The file {path} holds no secret",
            fix="Delete it and run `pardot-odoo provision --webhooks`, which makes a new one",
            code="webhook_secret",
        ) from None
    except OSError as failure:
        raise _unusable(path, failure) from None


def _made(authentication: Authentication) -> str:
    if authentication is Authentication.SIGNATURE:
        return SIGNING_PREFIX + base64.b64encode(secrets.token_bytes(_MADE_BYTES)).decode()
    return secrets.token_urlsafe(_MADE_BYTES)


def _create(path: Path, secret: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(f"{secret}\n")
            file.flush()
            os.fsync(file.fileno())
        if path.exists() and not path.read_text("ascii").strip():
            # Emptied by hand, to have a new one made.
            path.unlink()
        # A link appears whole or not at all, and never replaces the secret of a faster process.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _refuse_weak(authentication: Authentication, secret: str, place: str) -> None:
    complaint = _complaint(authentication, secret)
    if complaint:
        raise ConfigurationError(
            f"{place} {complaint}",
            fix="Leave it out and run `pardot-odoo provision --webhooks`, which makes a good one",
            code="webhook_secret",
        )


def _complaint(authentication: Authentication, secret: str) -> str:
    strength: str | bytes = secret
    if authentication is Authentication.SIGNATURE:
        if not secret.startswith(SIGNING_PREFIX):
            return f"does not begin with {SIGNING_PREFIX}, as one for signatures does"
        try:
            strength = signing_key(secret)
        except (binascii.Error, ValueError):
            return f"is not {SIGNING_PREFIX} followed by base64"
        if len(strength) not in _KEY_BYTES:
            return f"must stand for {_KEY_BYTES[0]} to {_KEY_BYTES[-1]} bytes"
    else:
        if not _WORDS[authentication].fullmatch(secret):
            return "holds characters that do not fit its place: take letters, digits, - and _"
        if len(secret) < _SHORTEST:
            return f"is shorter than {_SHORTEST} characters"
    return "" if len(set(strength)) >= _FEWEST_LETTERS else "is too easy to guess"


def _unusable(path: Path, failure: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"The webhook secret {path} cannot be read or made ({failure.strerror})",
        fix="Give this user access to the file and its folder",
        code="webhook_secret",
    )
