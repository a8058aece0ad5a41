"""Many days at the counter, simulated: the real till under faults of every kind, from one seed.

One rule: the till is the real one.  Checkout, rules, reception, journal and platform client run as
they are; what is pretended lies one layer below them.

virtual_time   an event loop that never waits, and clocks that can be wrong
faults         which fault strikes, how often, and which are left out while shrinking
books          the platform's money: accounts, charges, reversals
records        what the platform promises, and what it keeps
platform       the platform's wire and its manners, written from the interface, not from the client
network        between a till and the platform: loses, delays, repeats, garbles
storage        the disk below the journal: full, slow, torn, and gone with the power
reading        an independent reading of the journal's rows as they become durable
audit          what must hold after every step, and at the end
people         customers, their phones and their habits
clerk          who works the till
process        how a process dies
host           one till: its starts, its crashes
day            one day from one seed
campaign       many days, until one goes wrong
shrink         the smallest day that still goes wrong
mutants        wrong designs that must be caught, in mutants_of_messages and mutants_of_rules
"""
