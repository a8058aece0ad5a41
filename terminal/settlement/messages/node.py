"""What every message of the table is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One JSON object of the interface; a field without a default must be there (Y)."""


class Nothing(Node, frozen=True, kw_only=True):
    """An `output` that tells nothing: infcode alone is the answer."""


I = TypeVar("I", bound=Node)  # noqa: E741  # input, beside O for output
O = TypeVar("O", bound=Node)  # noqa: E741


@dataclass(frozen=True, slots=True)
class Transaction(Generic[I, O]):
    """One row of the table of messages."""

    infno: str
    name: str
    """As the interface calls it."""
    input: type[I]
    output: type[O]
