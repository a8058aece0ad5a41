"""The till at work: commands in, events out.

till        Checkout: one task for the counter, one for what is being undone behind it
obeying     what each command does
reception   what a scanned code means here
goods       tells the platform of goods sold
reconciling the journal beside the platform's books
settling    carries out what the rules say must be done next
patience    when to ask again
book        the open sales and the one way to change them: refuse, write, apply, tell
"""

from terminal.checkout.book import Subscriber
from terminal.checkout.reception import Reception
from terminal.checkout.setup import Setup
from terminal.checkout.till import Checkout
from terminal.checkout.trust import Trust

__all__ = ["Checkout", "Reception", "Setup", "Subscriber", "Trust"]
