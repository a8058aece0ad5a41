"""The rules of a sale, pure: what can happen, what it changes, what must be done next.

`evolve(sale, sale_id, event)` says what a fact changes; `next_step(sale, rule)` says what the till
must do next.  Nothing here asks the time, the disk or the network.
"""
