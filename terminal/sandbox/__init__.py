"""A pretend settlement platform and voucher issuer: real HTTP on loopback, a real database behind.

One rule: it is a second reading of the wire, so it imports nothing of the client.  Only the signing
side of `terminal.voucher` is shared, because a code that the till is to believe must be a real one.

Every person, code and institution in it is invented.  The rules of the accounts come from a policy
file and are enforced here only; where no source says how a platform behaves, the choice is marked
"own choice" beside the code that makes it.
"""
