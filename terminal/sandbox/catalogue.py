"""Which insurance class a code of the national catalogue has.

The wire carries no class: the platform knows the catalogue, so the sandbox reads one of its own.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from terminal.sandbox.quoted import PolicyError

ROWS_MAX = 100_000


class InsuranceClass(StrEnum):
    A = "甲"
    B = "乙"
    OWN_COST = "自费"


LEVELS = {InsuranceClass.A: "01", InsuranceClass.B: "02", InsuranceClass.OWN_COST: "03"}
"""`chrgitm_lv`."""

Catalogue = Mapping[str, InsuranceClass]


def load_catalogue(path: Path) -> Catalogue:
    """med_list_codg -> class.  Rows without a code are goods no insurance knows: left out.

    Raises PolicyError: unreadable, an unknown class, or one code with two classes.
    """
    classes: dict[str, InsuranceClass] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                if number > ROWS_MAX:
                    raise PolicyError(f"{path}: more than {ROWS_MAX} rows")
                code, named = row.get("insurance_code") or "", row.get("insurance_class") or ""
                if not code:
                    continue
                try:
                    insurance_class = InsuranceClass(named)
                except ValueError as exc:
                    raise PolicyError(f"{path}, row {number}: insurance_class {named!r}") from exc
                if classes.setdefault(code, insurance_class) is not insurance_class:
                    raise PolicyError(f"{path}, row {number}: {code} has two classes")
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise PolicyError(f"{path}: {exc}") from exc
    return classes


def class_of(catalogue: Catalogue, code: str) -> InsuranceClass:
    """An unknown or empty code is the customer's own cost."""
    return catalogue.get(code, InsuranceClass.OWN_COST)


def charge_kind(code: str) -> str:
    """`med_chrgitm_type` by the first letter of the code: 西药, 中成药, 饮片, other."""
    return {"X": "09", "Z": "11", "T": "10"}.get(code[:1], "14")
