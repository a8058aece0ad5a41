"""The platform's money: accounts, what each message took from them, and what was given back.

One rule: money is only moved by `charge` and `give_back`, and whoever watches is told at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

SHOP = "shop"
FUND = "fund"


@dataclass
class Charge:
    """One message's effect on the accounts."""

    msgid: str
    sale: str
    parts: Mapping[str, int]
    """Account -> fen taken from it."""
    standing: bool = True

    @property
    def fen(self) -> int:
        return sum(self.parts.values())


class Watcher(Protocol):
    def charged(self, charge: Charge) -> None: ...

    def given_back(self, charge: Charge) -> None: ...


@dataclass
class Books:
    watcher: Watcher
    accounts: dict[str, int] = field(default_factory=lambda: {SHOP: 0, FUND: 0})
    spent_elsewhere: dict[str, int] = field(default_factory=dict)
    """What relatives took from an account without this shop."""
    opened: dict[str, int] = field(default_factory=dict)
    """What each account held at first."""
    charges: list[Charge] = field(default_factory=list)
    _of_sale: dict[str, list[Charge]] = field(default_factory=dict)

    def open(self, account: str, fen: int) -> None:
        if account not in self.accounts:
            self.accounts[account] = self.opened[account] = fen

    def holds(self, account: str) -> int:
        return self.accounts.get(account, 0)

    def charge(self, msgid: str, sale: str, parts: Mapping[str, int]) -> Charge:
        made = Charge(msgid, sale, {account: fen for account, fen in parts.items() if fen})
        for account, fen in made.parts.items():
            self.accounts[account] -= fen
            self.accounts[SHOP] += fen
        self.charges.append(made)
        self._of_sale.setdefault(sale, []).append(made)
        self.watcher.charged(made)
        return made

    def give_back(self, charge: Charge) -> None:
        assert charge.standing
        charge.standing = False
        for account, fen in charge.parts.items():
            self.accounts[account] += fen
            self.accounts[SHOP] -= fen
        self.watcher.given_back(charge)

    def spend_elsewhere(self, account: str, fen: int) -> None:
        taken = min(fen, self.holds(account))
        self.accounts[account] -= taken
        self.spent_elsewhere[account] = self.spent_elsewhere.get(account, 0) + taken

    def standing(self, sale: str) -> list[Charge]:
        """What is taken for one sale now, oldest first."""
        return [charge for charge in self._of_sale.get(sale, ()) if charge.standing]
