"""What a code means, pure: which kind it is, and whether a voucher is genuine, timely and whole.

`classify` names any scanned payload; `verify` reads a voucher against a key bundle and a time.
Nothing here asks the time, the disk or the network, and no refusal is silent: each has a `Reason`.
"""
