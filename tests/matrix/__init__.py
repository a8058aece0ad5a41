"""69 faults at 22 moments of a scripted day: 1,518 cells, none of them missing.

    python -m tests.matrix              the grid: which cells run, which cannot exist, and why
    python -m tests.matrix --run        every cell that can exist, against the real till and sandbox

moments   M1 .. M22: the edges a run crosses
faults    the 69, each with what it does when its edge is crossed
rules     which cells cannot exist, and how each of the others is allowed to end
cells     the table, and one run of one cell
shop      tills that die and start again, the platform, and one virtual time
tills     what a till is made of here; disk and network: what is below it
clerk     a patient clerk, who finishes whatever the screen shows
verdict   what must hold when the dust has settled

One rule: a fault strikes outside the till - in what is below the journal, below the platform
client, in the clock, or at the counter - and never inside it.
"""
