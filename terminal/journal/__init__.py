"""The journal: an append-only list of events, durable before anyone sees them.

store     Journal: SQLite, one transaction an event, the UNIQUE keys that guard the money
goods     which goods the platform is told of, and what became of each row
sales     what it holds, as sales
schema    the tables
chain     the keyed links over the events
trouble   what can be wrong with it
"""

from terminal.journal.store import (
    LATEST_TIME,
    BoxSold,
    Journal,
    StaleVersion,
    VoucherUsed,
)
from terminal.journal.trouble import JournalError, Trouble

__all__ = [
    "LATEST_TIME",
    "BoxSold",
    "Journal",
    "JournalError",
    "StaleVersion",
    "Trouble",
    "VoucherUsed",
]
