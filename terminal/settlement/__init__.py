"""The settlement platform: typed messages, their wire form, and the client that sends them.

A message that moves money is built and written down before it is sent, is sent once, and has one
of three outcomes: Approved, Declined, Unknown.  Nothing here retries and nothing here decides.
"""
