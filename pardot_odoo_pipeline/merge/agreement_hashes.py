"""Finding the few who differ among many: hashes of both sides, compared bucket by bucket. Pure.

What lives here: the hash of a group of values, the sum over a bucket, and the comparison. What does
not: bringing values into one form (`mapping.same_value`) and deciding on those who differ.

A bucket's sum does not depend on the order in which people are added. Where both sides' sums are
the same, nobody of the bucket is looked at; in all others everybody is, one group at a time.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import orjson

__all__ = ["BUCKETS", "Sides", "bucket_number", "value_hash"]

BUCKETS = 1024
_Hashes = npt.NDArray[np.uint64]


def value_hash(values: Sequence[Hashable]) -> int:
    """The hash of values in their normal form, 64 bits."""
    return int.from_bytes(blake2b(orjson.dumps(values), digest_size=8).digest(), "big")


def bucket_number(person: str) -> int:
    """The bucket of a person, the same in every process."""
    digest = blake2b(person.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % BUCKETS


class Sides:
    """Both sides' hashes of some people, by group of fields.

    Args:
        groups: How many groups there are.
    """

    def __init__(self, groups: int) -> None:
        self._groups = groups
        self._people: list[str] = []
        self._ours: list[list[int]] = []
        self._theirs: list[list[int]] = []

    def add(self, person: str, ours: Sequence[int], theirs: Sequence[int]) -> None:
        """Take a person in, once, with a hash for each group and side."""
        self._people.append(person)
        self._ours.append(list(ours))
        self._theirs.append(list(theirs))

    def __len__(self) -> int:
        return len(self._people)

    def sums(self) -> tuple[_Hashes, _Hashes]:
        """Of each side a sum for every bucket and group."""
        return tuple(  # type: ignore[return-value]
            self._summed(np.array(side, dtype=np.uint64).reshape(len(self), self._groups))
            for side in (self._ours, self._theirs)
        )

    def differing(self) -> list[str]:
        """Who differs in any group, in the order in which they were added."""
        ours, theirs = self.sums()
        suspect = (ours != theirs).any(axis=1)
        return [
            person
            for person, a, b in zip(self._people, self._ours, self._theirs, strict=True)
            if suspect[bucket_number(person)] and a != b
        ]

    def _summed(self, side: _Hashes) -> _Hashes:
        sums = np.zeros((BUCKETS, self._groups), dtype=np.uint64)
        numbers = np.array([bucket_number(person) for person in self._people], dtype=np.int64)
        # Overflow is meant: the sum is one modulo 2**64.
        np.add.at(sums, numbers, side)
        return sums
