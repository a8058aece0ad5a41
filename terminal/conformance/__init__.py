"""Whether a platform keeps what its profile promises: a checklist, run against the platform itself.

It sends the messages a till sends, and some a till never would, as a test person at a test system:
every settlement it makes it takes back.
"""
