"""The till at work: commands in, events out.

till        Checkout: one task for the counter, one for what is being undone behind it
reception   what a scanned code means here
settling    carries out what the rules say must be done next
patience    when to ask again
book        the open sales and the one way to change them: refuse, write, apply, tell
"""

from terminal.checkout.book import Subscriber
from terminal.checkout.reception import Reception
from terminal.checkout.till import Checkout, Setup
from terminal.checkout.trust import Trust

__all__ = ["Checkout", "Reception", "Setup", "Subscriber", "Trust"]
