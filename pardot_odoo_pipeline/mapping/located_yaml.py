"""YAML that remembers on which line each key stands.

What lives here: the reading of one document with its line numbers, and the refusal of a key that is
given twice, which YAML readers otherwise settle silently. What does not: what the keys mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

__all__ = ["LocatedYaml", "YamlMistake", "read_located_yaml"]

Place = tuple[Any, ...]


class YamlMistake(Exception):
    """The text is no YAML that can be used.

    Attributes:
        line: Where, counted from 1; None when unknown.
        cause: What is wrong.
        fix: What to do.
    """

    def __init__(self, line: int | None, cause: str, fix: str) -> None:
        super().__init__(cause)
        self.line = line
        self.cause = cause
        self.fix = fix


@dataclass(frozen=True)
class LocatedYaml:
    """One document.

    Attributes:
        data: Its content as plain Python values.
        lines: Path of keys to line number, counted from 1.
    """

    data: Any
    lines: Mapping[Place, int]

    def line_of(self, place: Place) -> int | None:
        """The line of a path, or of the nearest key above it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place)


def read_located_yaml(text: str) -> LocatedYaml:
    """Read one YAML document.

    Raises:
        YamlMistake: The text is no YAML, or names a key twice.
    """
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return LocatedYaml(None, {})
        lines: dict[Place, int] = {}
        _locate(node, (), lines, set())
        return LocatedYaml(loader.construct_document(node), lines)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise YamlMistake(
            line,
            f"this is no YAML: {error.problem or 'it cannot be read'}",
            "Check indentation, colons and quotes around this line",
        ) from None
    except (yaml.YAMLError, ValueError):
        raise YamlMistake(None, "this is no YAML text", "Check the file's content") from None
    finally:
        loader.dispose()


def _locate(node: yaml.Node, place: Place, lines: dict[Place, int], above: set[int]) -> None:
    if id(node) in above:
        raise YamlMistake(node.start_mark.line + 1, "an alias contains itself", "Remove the alias")
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*place, key.value)
            line = key.start_mark.line + 1
            if here in lines and key.value != "<<":
                raise YamlMistake(
                    line,
                    f"'{key.value}' stands here and on line {lines[here]}",
                    "Keep one of the two",
                )
            lines[here] = line
            _locate(value, here, lines, above | {id(node)})
    elif isinstance(node, yaml.SequenceNode):
        for at, item in enumerate(node.value):
            lines[(*place, at)] = item.start_mark.line + 1
            _locate(item, (*place, at), lines, above | {id(node)})
