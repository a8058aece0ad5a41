"""The journal: an append-only list of events, durable before anyone sees them.

store     Journal: SQLite, one transaction an event, the UNIQUE keys that guard the money
chain     the keyed links over the events
trouble   what can be wrong with it
"""

from terminal.journal.store import (
    LATEST_TIME,
    Journal,
    StaleVersion,
    VoucherUsed,
)
from terminal.journal.trouble import JournalError, Trouble

__all__ = [
    "LATEST_TIME",
    "Journal",
    "JournalError",
    "StaleVersion",
    "Trouble",
    "VoucherUsed",
]
