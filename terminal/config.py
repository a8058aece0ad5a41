"""Configuration: TOML files into frozen types.

A key that is not known, is missing or has the wrong type is an error that names file and key;
nothing has a silent default that could move money another way.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec

from terminal.profile import Mode, Profile, contradictions
from terminal.sale.events import Account
from terminal.sale.funding import FundingRule

_PACKAGE = Path(__file__).resolve().parent
SHIPPED = next(
    (folder for folder in (_PACKAGE / "_config", _PACKAGE.parent / "config") if folder.is_dir()),
    _PACKAGE.parent / "config",
)
"""Inside an installed package, else beside it in a checkout."""

_SHOWN = r"^[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+\Z"
"""A name that is printed and sent: not empty, no control, line break or change of direction."""


class ConfigError(Exception):
    """A configuration file cannot be used; the message names file and key."""


class Shop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{12}\Z")]
    """`fixmedins_code`."""
    name: Annotated[str, msgspec.Meta(max_length=200, pattern=_SHOWN)]
    region: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}\Z")]


class Till(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    number: Annotated[int, msgspec.Meta(ge=1, le=99)]
    operator: Annotated[str, msgspec.Meta(max_length=20, pattern=_SHOWN)]
    operator_name: Annotated[str, msgspec.Meta(max_length=50, pattern=_SHOWN)]


class Pharmacist(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who answers for what is sold (执业药师)."""

    name: Annotated[str, msgspec.Meta(max_length=50, pattern=_SHOWN)]
    certificate: Annotated[str, msgspec.Meta(max_length=50, pattern=_SHOWN)]
    """`phar_prac_cert_no`."""


class Keys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    bundle: str
    roots: tuple[str, ...]
    warn_after_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)]
    """Since the list was issued."""
    refuse_after_days: Annotated[int, msgspec.Meta(ge=1, le=36_500)]
    """From then on no voucher is believed until a newer list is there."""
    warn_before_end_days: Annotated[int, msgspec.Meta(ge=0, le=3_650)]


class Recording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the till keeps of scans that were refused or failed."""

    folder: str
    files_max: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    megabytes_max: Annotated[int, msgspec.Meta(ge=100, le=1_000_000)]


class Printer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a slip is printed on."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2048)]
    """See `drivers.printer_address`."""
    columns: Literal[32, 42, 48] = 32
    """32: 58 mm paper; 48: 80 mm, on some printers 42."""
    charset: Literal["gbk", "gb18030"] = "gbk"
    drawer: Literal["none", "pin2", "pin5"] = "none"
    """Which pin of its socket opens the cash drawer."""
    cuts: bool = True
    asks: bool = True
    """Whether it is asked how it is; some old printers print the question instead."""


class Counter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One till: `counters/NAME.toml`."""

    platform: str
    policy: str
    catalogue: str
    """A CSV, or "imported": what `gongji catalogue import` put beside the journal."""
    language: Literal["zh", "en"]
    after_restart: Literal["ask", "cancel"]
    trace_codes: Literal["required", "shown"]
    """Of the boxes of an insured sale: settlement waits for them, or they are only shown."""
    shop: Shop
    till: Till
    keys: Keys
    recording: Recording | None = None
    """None: nothing is kept."""
    printer: Printer | None = None
    """None: slips are shown, and written to files where `--slips` says so."""
    pharmacist: Pharmacist | None = None
    """None: the platform is told that nobody is known."""


T = TypeVar("T")


def read(path: Path, kind: type[T]) -> T:
    """One file as one frozen value.  Raises ConfigError."""
    return _convert(_toml(path), kind, path)


def load_counter(name: str) -> tuple[Counter, Path]:
    """A counter by name or file, and the folder its own files are looked up in."""
    path = find("counters", name, Path())
    return read(path, Counter), path.parent


def load_profile(name: str, beside: Path, url: str | None = None) -> Profile:
    """url  where the platform is instead; the file must be right without it too"""
    path = find("platforms", name, beside)
    profile = read(path, Profile)
    for sentence in contradictions(profile):
        raise ConfigError(f"{path}: {sentence}")
    if url is None:
        return profile
    elsewhere = msgspec.structs.replace(profile, url=url)
    for sentence in contradictions(elsewhere):
        raise ConfigError(f"platform {profile.name}: {sentence}")
    return elsewhere


def load_funding(name: str, beside: Path, mode: Mode) -> FundingRule:
    """The order of the accounts from a policy file; its other tables are the sandbox's."""
    path = find("policies", name, beside)
    funding = _toml(path).get("funding")
    orders = funding.get(mode.value) if isinstance(funding, dict) else None
    if orders is None:
        raise ConfigError(f"{path}: there is no table [funding.{mode.value}]")
    accounts = _convert(orders, dict[str, tuple[Account, ...]], path, f"funding.{mode.value}")
    if "*" not in accounts:
        raise ConfigError(f"{path}: funding.{mode.value} has no order for other types, '*'")
    return FundingRule(path.stem, accounts)


def find(folder: str, name: str, beside: Path) -> Path:
    """`name` as a path, else beside the counter's file, else among the shipped files."""
    suffixed = [name, f"{name}.toml"]
    candidates = [base / n for base in (Path(), beside, SHIPPED / folder) for n in suffixed]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise ConfigError(f"{name}: no such file here, nor in {beside} or {SHIPPED / folder}")


def _toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ConfigError(f"{path}: {exc}") from exc


def _convert(value: object, kind: type[T], path: Path, below: str = "") -> T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as exc:
        where = f" (below {below})" if below else ""
        raise ConfigError(f"{path}: {exc}{where}") from exc
