"""The table of switches in docs/sandbox.md, printed from the code."""

from __future__ import annotations

from pardot_odoo_pipeline.sandbox.pardot.switches import SWITCHES


def switch_table() -> str:
    """One row per switch."""
    rows = ["| switch | default | source | meaning |", "|---|---|---|---|"]
    for switch in SWITCHES:
        value = switch.default
        default = f"`{str(value).lower() if isinstance(value, bool) else value}`"
        choices = (
            f" One of {', '.join(f'`{c}`' for c in switch.choices)}." if switch.choices else ""
        )
        rows.append(
            f"| `{switch.name}` | {default} | {switch.source} | {switch.meaning}{choices} |"
        )
    return "\n".join(rows)


if __name__ == "__main__":
    print(switch_table())  # noqa: T201
