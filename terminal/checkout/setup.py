"""What a till is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from terminal.checkout.disk import Disk
from terminal.checkout.reception import Reception
from terminal.clock import Clock
from terminal.journal import Journal
from terminal.profile import Profile
from terminal.sale.funding import FundingRule
from terminal.settlement.client import Platform
from terminal.settlement.dialect import IdSpace
from terminal.settlement.goods import Seller


@dataclass(frozen=True, slots=True)
class Setup:
    """Only the composition root builds one."""

    journal: Journal
    platform: Platform
    profile: Profile
    rule: FundingRule
    reception: Reception
    clock: Clock
    disk: Disk
    new_sale_id: Callable[[], str]
    seller: Seller
    message_ids: IdSpace
    """Those of this till, by which a statement's settlements are told from other tills'."""
    cancel_after_restart: bool
    """True: a sale interrupted half paid is undone; False: the clerk is asked."""
    trace_codes_required: bool
    """True: an insured sale is not charged before every box has been scanned."""
