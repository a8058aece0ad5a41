"""The starter kit: recordings of scanners and cameras, and what must come of each.

tape       how a pretend device's entries are made
codes      what is on the codes: goods, boxes, vouchers of the test issuer
pictures   a phone before the camera, in every trouble
cases      the cases: what is recorded, what must come of it, and what would spoil it
make       writes `cases/NAME.mcap` and `NAME.expected.json`
paths      straight through the drivers' reading; through pretend devices; into a running till

The recordings are kept rather than made anew, so that everybody reads the same pixels, whatever
library drew them.
"""
