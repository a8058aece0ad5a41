"""Dated files whose every value comes with who says so, in which words.

    [sources]                       the guides, by a short name
    [table.name]                    value = …, source = "S0", quote = "…", against = [{ … }]

One rule: a value nobody is quoted for is refused, so no number gets in unnoticed.  What the
program reads is the values alone (`values`); who contradicts them (`against`) is for people.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Collection, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


class PolicyError(Exception):
    """A policy or catalogue file cannot be used; the message names file and key."""


class Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one source says."""

    source: str
    quote: str
    value: Any = None


class Rule(Reading, frozen=True, forbid_unknown_fields=True, kw_only=True):
    against: tuple[Reading, ...] = ()
    effective_from: dt.date | None = None
    """Of one of several that follow one another."""


def read_tables(path: Path) -> dict[str, Any]:
    """Numbers with a point as Decimal.  Raises PolicyError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise PolicyError(f"{path}: {exc}") from exc


def sources_of(tables: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    """The table [sources].  Raises PolicyError."""
    sources = tables.get("sources")
    if not isinstance(sources, dict):
        raise PolicyError(f"{path}: there is no table [sources]")
    return sources


def values(table: Mapping[str, Any], sources: Collection[str], where: str) -> dict[str, Any]:
    """The table with every rule replaced by its value; rules that follow one another by a list of
    `{effective_from, value}`.

    where    what stands before a name in messages
    Raises   PolicyError, with the full name of what is wrong
    """
    return {name: _value(rule, sources, f"{where}{name}") for name, rule in table.items()}


def _value(rule: object, sources: Collection[str], where: str) -> object:
    if isinstance(rule, list):
        dated = [_rule(one, sources, where) for one in rule]
        return [{"effective_from": one.effective_from, "value": one.value} for one in dated]
    if isinstance(rule, dict) and "quote" not in rule and "value" not in rule:
        return values(rule, sources, f"{where}.")
    return _rule(rule, sources, where).value


def _rule(given: object, sources: Collection[str], where: str) -> Rule:
    try:
        rule = msgspec.convert(given, Rule)
    except msgspec.ValidationError as exc:
        raise PolicyError(f"{where}: {exc}") from exc
    for reading in (rule, *rule.against):
        check_quoted(reading.source, reading.quote, sources, where)
    return rule


def check_quoted(source: str, quote: str, sources: Collection[str], where: str) -> None:
    """Raises PolicyError."""
    if source not in sources:
        raise PolicyError(f"{where}: source {source!r} is not among [sources]")
    if not quote.strip():
        raise PolicyError(f"{where}: nobody is quoted for it")


def converted(tables: object, kind: type[T], path: Path) -> T:
    """Raises PolicyError."""
    try:
        return msgspec.convert(tables, kind)
    except msgspec.ValidationError as exc:
        raise PolicyError(f"{path}: {exc}") from exc
