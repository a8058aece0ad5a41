"""What a till makes of recorded scans, whether that is what a person accepted, and what in a
recording nobody else may see.

    outcomes(path, bundle)         -> what each scan is and, of a voucher, whether it held then
    load_expected, differences     -> the outcomes a person accepted, and where these are others
    Personal(bundle)(payload, …)   -> is this a customer's own code?

One rule: a recording is judged at its own time.  A voucher lives for a minute; whether it held is
asked for the moment in which it was scanned, never for now.
"""

from __future__ import annotations

from terminal.recorded.expected import (
    BadExpectation,
    Expected,
    differences,
    expected_path,
    load_expected,
    save_expected,
)
from terminal.recorded.outcome import Outcome, Summary, outcomes
from terminal.recorded.personal import Personal

__all__ = [
    "BadExpectation",
    "Expected",
    "Outcome",
    "Personal",
    "Summary",
    "differences",
    "expected_path",
    "load_expected",
    "outcomes",
    "save_expected",
]
