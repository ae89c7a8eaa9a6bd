"""Settings of one installation: where the two systems, the ledger and the files are.

What lives here: reading the environment (and ``.env``), the choice between the configured systems
and the sandbox, and the paths below ``PIPELINE_HOME``. What does not: business rules (mapping,
authority, limits), which live in the rules file (`mapping.rules`).

Reading settings touches no network and creates no file, so that Dagster can load the definitions
with an empty environment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from pardot_odoo_pipeline import env_file
from pardot_odoo_pipeline.clock import Clock, RemoteClock, SystemClock
from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.odoo.connection import OdooConnection
from pardot_odoo_pipeline.pardot.connection import PardotConnection

__all__ = ["Home", "Mode", "Settings"]

SANDBOX = "sandbox"
_PARDOT_REQUIRED = (
    "PARDOT_API_URL",
    "PARDOT_TOKEN_URL",
    "PARDOT_CLIENT_ID",
    "PARDOT_CLIENT_SECRET",
    "PARDOT_BUSINESS_UNIT_ID",
)
_ODOO_REQUIRED = ("ODOO_URL", "ODOO_DATABASE", "ODOO_USERNAME")
_ODOO_SECRETS = ("ODOO_API_KEY", "ODOO_PASSWORD")


class Mode(StrEnum):
    """Where one of the two systems is."""

    REAL = "real"
    SANDBOX = "sandbox"


_T = TypeVar("_T")


@dataclass(frozen=True)
class Home:
    """The folder that holds everything this installation keeps (``PIPELINE_HOME``)."""

    path: Path

    @property
    def dagster(self) -> Path:
        """``DAGSTER_HOME``."""
        return self.path / "dagster"

    @property
    def frames(self) -> Path:
        """Parquet frames, one file per asset and partition."""
        return self.path / "frames"

    @property
    def spool(self) -> Path:
        """Immutable buckets of initial syncs."""
        return self.path / "spool"

    @property
    def keys(self) -> Path:
        """Look-up key and rotated tokens; readable by the owner only."""
        return self.path / "keys"

    @property
    def audit(self) -> Path:
        """Which calls were made, which values written, whose data went where."""
        return self.path / "audit"

    @property
    def cache(self) -> Path:
        """What batches remember of both systems for a while; may be deleted at any time."""
        return self.path / "cache"

    @property
    def snapshots(self) -> Path:
        """Snapshots, where the rules name no other place."""
        return self.path / "snapshots"

    @property
    def logs(self) -> Path:
        """Output of the processes that ``up`` starts."""
        return self.path / "logs"

    @property
    def sandbox(self) -> Path:
        """State of the sandbox servers."""
        return self.path / "sandbox"

    @property
    def ledger_url(self) -> str:
        """The default ledger: SQLite beside everything else."""
        return f"sqlite:///{self.path / 'ledger.sqlite'}"

    def create(self) -> Home:
        """Make the folder, private to its owner, and return it.

        Raises:
            ConfigurationError: It cannot be made or written.
        """
        try:
            for folder in (self.path, self.dagster, self.frames, self.spool, self.keys, self.logs):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as failure:
            raise ConfigurationError(
                f"PIPELINE_HOME {self.path} cannot be used: {failure.strerror}",
                fix="Point PIPELINE_HOME at a folder that this user may write",
            ) from None
        return self


class Settings(BaseSettings):
    """The environment of one installation; every name is documented in docs/configuration.md."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", case_sensitive=False)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment, then `.env`; but never an older state of `.env` before its present."""
        assert isinstance(dotenv_settings, DotEnvSettingsSource)
        newer = env_file.renewed(dotenv_settings.env_vars)
        known = {name: value for name, value in newer.items() if name in settings_cls.model_fields}
        return (
            init_settings,
            InitSettingsSource(settings_cls, init_kwargs=known),
            env_settings,
            dotenv_settings,
            file_secret_settings,
        )

    pardot_api_url: str | None = None
    pardot_token_url: str | None = None
    pardot_client_id: str | None = None
    pardot_client_secret: SecretStr | None = None
    pardot_refresh_token: SecretStr | None = None
    pardot_business_unit_id: str | None = None

    odoo_url: str | None = None
    odoo_database: str | None = None
    odoo_username: str | None = None
    odoo_api_key: SecretStr | None = None
    odoo_password: SecretStr | None = None

    pipeline_home: Path = Path(".pipeline")
    pipeline_config: Path | None = None
    pipeline_clock_url: str | None = None
    pipeline_sandbox: bool = Field(
        default=False, description="Use the sandbox even where connections are configured."
    )
    ledger_url: SecretStr | None = None
    frames_url: str | None = Field(
        default=None, description="Where frames go instead of PIPELINE_HOME/frames, e.g. s3://…"
    )

    log_format: Literal["text", "json"] = Field(
        default="text", description="Form of the lines that processes log."
    )
    audit_url: str | None = Field(
        default=None, description="Where the audit goes instead of PIPELINE_HOME/audit."
    )
    data_keys: SecretStr | None = Field(
        default=None,
        description="Keys of what is kept of people outside both systems, the active one first.",
    )
    alert_urls: SecretStr | None = Field(
        default=None, description="Who is told of incidents: apprise URLs, with names or without."
    )
    dagster_public_url: str | None = Field(
        default=None, description="Under which address people reach Dagster's pages."
    )

    webhook_host: str = "127.0.0.1"
    webhook_port: int = Field(default=8025, ge=0, le=65_535, description="0 takes a free one.")
    webhook_public_url: str | None = Field(
        default=None, description="Under which address senders reach the receiver."
    )

    @property
    def home(self) -> Home:
        """The folder of this installation, absolute."""
        return Home(self.pipeline_home.expanduser().absolute())

    @property
    def ledger_location(self) -> str:
        """SQLAlchemy URL of the ledger.

        Raises:
            ConfigurationError: ``LEDGER_URL`` is a bare word, most likely a slip of the pen.
        """
        if self.ledger_url is None:
            return self.home.ledger_url
        location = self.ledger_url.get_secret_value()
        if "/" not in location:
            raise ConfigurationError(
                "LEDGER_URL is neither an address nor a path",
                fix="Write postgresql://user:password@host:5432/database, or a path with a slash",
                code="ledger_url",
            )
        return location

    @property
    def frames_location(self) -> str:
        """Path or URL below which frames are stored."""
        return self.frames_url or str(self.home.frames)

    @property
    def audit_location(self) -> str:
        """Path or URL below which the audit is stored."""
        return self.audit_url or str(self.home.audit)

    def pardot_mode(self) -> Mode:
        """Whether Pardot is the sandbox.

        Raises:
            ConfigurationError: Half a configuration.
        """
        return self._mode(
            "Pardot",
            "PARDOT_API_URL",
            {name: self._value(name) for name in _PARDOT_REQUIRED},
            any_of=(),
        )

    def odoo_mode(self) -> Mode:
        """Whether Odoo is the sandbox.

        Raises:
            ConfigurationError: Half a configuration.
        """
        return self._mode(
            "Odoo",
            "ODOO_URL",
            {name: self._value(name) for name in _ODOO_REQUIRED},
            any_of=_ODOO_SECRETS,
        )

    @property
    def uses_sandbox(self) -> bool:
        """Whether at least one of the two systems is the sandbox."""
        return Mode.SANDBOX in (self.pardot_mode(), self.odoo_mode())

    def pardot_connection(self) -> PardotConnection:
        """How to reach Pardot, real or sandbox.

        Raises:
            ConfigurationError: Half a configuration, or the sandbox does not run.
        """
        if self.pardot_mode() is Mode.SANDBOX:
            state = self.sandbox_state("pardot")
            secrets = state["credentials"]
            return PardotConnection(
                api_url=state["url"],
                token_url=state["token_url"],
                client_id=secrets["client_id"],
                client_secret=SecretStr(secrets["client_secret"]),
                refresh_token=None,
                business_unit_id=secrets["business_unit_id"],
            )
        return PardotConnection(
            api_url=_given(self.pardot_api_url),
            token_url=_given(self.pardot_token_url),
            client_id=_given(self.pardot_client_id),
            client_secret=_given(self.pardot_client_secret),
            refresh_token=self.pardot_refresh_token,
            business_unit_id=_given(self.pardot_business_unit_id),
        )

    def odoo_connection(self) -> OdooConnection:
        """How to reach Odoo, real or sandbox.

        Raises:
            ConfigurationError: Half a configuration, or the sandbox does not run.
        """
        if self.odoo_mode() is Mode.SANDBOX:
            state = self.sandbox_state("odoo")
            secrets = state["credentials"]
            return OdooConnection(
                url=state["url"],
                database=secrets["database"],
                username=secrets["username"],
                api_key=SecretStr(secrets["api_key"]),
                password=SecretStr(secrets["password"]),
            )
        return OdooConnection(
            url=_given(self.odoo_url),
            database=_given(self.odoo_database),
            username=_given(self.odoo_username),
            api_key=self.odoo_api_key,
            password=self.odoo_password,
        )

    def clock(self) -> Clock:
        """The clock that all our processes share."""
        return RemoteClock(self.pipeline_clock_url) if self.pipeline_clock_url else SystemClock()

    def _value(self, name: str) -> str | None:
        value = getattr(self, name.lower())
        return value.get_secret_value() if isinstance(value, SecretStr) else value

    def _mode(
        self, system: str, url_name: str, required: dict[str, str | None], any_of: tuple[str, ...]
    ) -> Mode:
        if self.pipeline_sandbox or (required[url_name] or "").lower() == SANDBOX:
            return Mode.SANDBOX
        alternatives = {name: self._value(name) for name in any_of}
        given = [n for n, v in {**required, **alternatives}.items() if v]
        if not given and self._nothing_configured():
            return Mode.SANDBOX
        missing = [name for name, value in required.items() if not value]
        if any_of and not any(alternatives.values()):
            missing.append(" or ".join(any_of))
        if missing:
            raise ConfigurationError(
                f"{system} is configured by half: {', '.join(missing)} not set",
                fix=f"Set {', '.join(missing)}, or {url_name}={SANDBOX} to use the sandbox instead",
                code="half_configuration",
            )
        return Mode.REAL

    def _nothing_configured(self) -> bool:
        names = (*_PARDOT_REQUIRED, "PARDOT_REFRESH_TOKEN", *_ODOO_REQUIRED, *_ODOO_SECRETS)
        return not any(self._value(name) for name in names)

    def sandbox_state(self, system: str) -> dict[str, Any]:
        """What a running sandbox server published of itself.

        Raises:
            ConfigurationError: It does not run.
        """
        path = self.home.sandbox / f"{system}.json"
        try:
            state: dict[str, Any] = json.loads(path.read_text())
        except (OSError, ValueError):
            raise ConfigurationError(
                f"The {system} sandbox is not running (no {path})",
                fix="Start it with `pardot-odoo sandbox` or `pardot-odoo up`, or set the "
                "connection settings of your own systems",
                code="sandbox_not_running",
            ) from None
        return state


def _given(value: _T | None) -> _T:
    """A setting that the mode has found to be there."""
    if value is None:
        raise AssertionError("a required setting is missing although the mode is real")
    return value
