"""What a till must make of a case, from what its codes are: written down by hand, kind by kind."""

from __future__ import annotations

from collections.abc import Sequence

from terminal.recorded import Outcome
from tests.kit.cases import Case
from tests.kit.codes import GOODS


def verdicts(case: Case, scans: Sequence[Outcome]) -> list[str]:
    """As `tests.kit.paths.into_till` tells them.

    scans    as accepted; of each only the kind of code and the verdict on a voucher are used
    """
    told: list[str] = []
    on_counter: set[bytes] = set()
    for payload, scan in zip(case.codes, scans, strict=True):
        match scan.kind, scan.verdict:
            case "goods", _:
                told.append(f"LineAdded {payload.decode()}")
                on_counter.add(payload)
            case "trace_code", _:
                # The box of a line that waits for one, else it brings its line with it.
                if GOODS[0] not in on_counter:
                    told.append(f"LineAdded {GOODS[0].decode()}")
                told.append(f"BoxScanned {payload.decode()}")
            case "voucher", "valid":
                told.append("VoucherAccepted")
            case "voucher", reason:
                told.append(f"VoucherRefused {reason}")
            case kind, _:
                told.append(f"CodeNotUsable {kind}")
    return told
