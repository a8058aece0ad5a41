"""Which institutions are designated (定点): the others settle nothing (B6).

Own choices: one nobody has said anything about is designated, and one that is no longer may still
take back what it settled.
"""

from __future__ import annotations

from terminal.sandbox.store import Tx
from terminal.sandbox.wire import Call, Refusal

NOT_DESIGNATED = "本机构不是定点医药机构，或定点资格已停止"


def designate(tx: Tx, code: str, *, is_designated: bool) -> None:
    tx.run("DELETE FROM undesignated WHERE institution = ?", code)
    if not is_designated:
        tx.run("INSERT INTO undesignated VALUES (?)", code)


def check(tx: Tx, call: Call) -> None:
    """Raises Refusal."""
    if tx.row("SELECT 1 AS found FROM undesignated WHERE institution = ?", call.institution):
        raise Refusal(NOT_DESIGNATED)
