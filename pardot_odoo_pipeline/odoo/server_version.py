"""Which Odoo answers at an address.

What lives here: asking for the version, without a login. What does not: what depends on it.
"""

from __future__ import annotations

from pardot_odoo_pipeline.odoo.connection import OLDEST_MAJOR, OdooVersion
from pardot_odoo_pipeline.odoo.errors import OdooConfigurationError, OdooProtocolError
from pardot_odoo_pipeline.odoo.wire import Wire

__all__ = ["ask_version"]


def ask_version(wire: Wire, url: str) -> OdooVersion:
    """The server's version.

    Raises:
        OdooConfigurationError: It is older than 18, or no Odoo.
        OdooProtocolError: It tells none.
    """
    try:
        params = {"service": "common", "method": "version", "args": []}
        told = wire.jsonrpc("common", "version", params=params)
    except OdooConfigurationError as error:
        if error.code != "not_odoo":
            raise
        # 19 can do without the module that answers there.
        path = "/web/webclient/version_info"
        told = wire.jsonrpc("web", "version_info", path=path, params={})
    version = OdooVersion.read(told)
    if version is None:
        raise OdooProtocolError(
            f"{url} tells no version of Odoo that can be read",
            fix="Check ODOO_URL",
            code="no_version",
        )
    if version.major < OLDEST_MAJOR:
        raise OdooConfigurationError(
            f"{url} is Odoo {version}, older than {OLDEST_MAJOR}",
            fix=f"Upgrade Odoo to {OLDEST_MAJOR} or newer",
            code="too_old",
        )
    return version
