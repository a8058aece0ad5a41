"""Power cuts below the real journal, on a disk that forgets what was not synced.

disk        the storage: what is durable, what is pending, what a cut leaves
sqlite      SQLite on that storage, looking to the journal like the standard library's
deeds       what is written: made-up but lawful-looking events
lives       a till's life on a disk, and every moment at which it could have been cut short
check       what must be true of the disk that is left
traced      the same for the till's own SQLite, from a record of its system calls
campaign    many lives: `python -m tests.power --cuts N --seed S`
"""
