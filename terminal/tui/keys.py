"""Which keys mean something now, for the bar at the bottom: pure.

One rule: a key is offered only where pressing it would do something; the till itself decides
whether it really does.
"""

from __future__ import annotations

from dataclasses import dataclass

from terminal.sale.commands import Command, Confirm, Quote, TakeCash
from terminal.sale.sale import Sale
from terminal.sale.steps import Phase
from terminal.text import Words

ENTER: dict[Phase, Command] = {
    Phase.EMPTY: Quote(),
    Phase.FILLING: Quote(),
    Phase.IDENTIFYING: Quote(),
    Phase.QUOTABLE: Quote(),
    Phase.QUOTED: Confirm(),
    Phase.LAPSED: Confirm(),
    Phase.REFUSED: Confirm(),
    Phase.CHARGING: Confirm(),
    Phase.WAITING: Confirm(),
    Phase.CASH_DUE: TakeCash(),
    Phase.CANCELLING: Quote(),
    Phase.SETTLED: Quote(),
    Phase.VOIDED: Quote(),
    Phase.REFUNDING: Quote(),
    Phase.REFUNDED: Quote(),
    Phase.HELD: Quote(),
}
"""What Enter asks for.  Where it cannot be done, the till says why not."""

ENTER_OFFERED = (
    Phase.IDENTIFYING,
    Phase.QUOTABLE,
    Phase.QUOTED,
    Phase.LAPSED,
    Phase.REFUSED,
    Phase.CASH_DUE,
)
"""Where Enter does something; elsewhere the till explains why not."""
CASH_PHASES = (Phase.CASH_DUE, Phase.REFUSED)


@dataclass(frozen=True, slots=True)
class KeyCap:
    key: str
    """As the terminal names it: "enter", "f4" …"""
    cap: str
    """As it is printed on the key."""
    label: str


def key_caps(
    sale: Sale | None,
    phase: Phase,
    words: Words,
    *,
    demo: bool,
    undoing: bool,
    reprint: bool,
    held: bool,
) -> list[KeyCap]:
    """The keys of this instant, the most important first.

    sale     on the counter; None where there is none
    undoing  whether a sale is being undone in the background
    reprint  whether a settled sale can be printed again
    held     whether a sale was put aside
    """
    editable = bool(sale and sale.editable and sale.lines)
    offered = (
        (phase in ENTER_OFFERED, "enter", "Enter", f"enter.{phase}"),
        (demo, "f2", "F2", "key.customers"),
        (demo, "f3", "F3", "key.boxes"),
        (phase in CASH_PHASES, "f8", "F8", "key.cash"),
        (editable and phase not in CASH_PHASES, "f8", "F8", "key.self_pay"),
        (phase is Phase.WAITING or undoing, "f5", "F5", "key.look_again"),
        (editable, "f4", "F4", "key.quantity"),
        (editable, "delete", "Del", "key.remove"),
        (editable, "tab", "Tab", "key.hold"),
        (held and not sale, "tab", "Tab", "key.recall"),
        (bool(sale), "escape", "Esc", "key.cancel"),
        (reprint and not sale, "f9", "F9", "key.reprint"),
        (not sale, "f7", "F7", "key.sales"),
        (True, "f1", "F1", "key.help"),
        (not sale, "f11", "F11", "key.day"),
        (undoing, "f6", "F6", "key.open"),
        (not sale or (editable and not sale.voucher), "ctrl+k", "^K", "key.card"),
        (not sale, "slash", "/", "key.search"),
        (True, "f12", "F12", "key.language"),
        (True, "f10", "F10", "key.quit"),
    )
    return [KeyCap(key, cap, words.say(label)) for shown, key, cap, label in offered if shown]
