"""The 69 faults, in the matrix's own groups and order."""

from __future__ import annotations

from collections import Counter

from tests.matrix.fault import SIZES, Fault
from tests.matrix.faults_counter import DEVICES, PEOPLE, TERMINALS, TIME
from tests.matrix.faults_machine import POWER, PROCESS, STORAGE
from tests.matrix.faults_meaning import MEANING
from tests.matrix.faults_network import NETWORK

FAULTS: tuple[Fault, ...] = (
    *PROCESS,
    *POWER,
    *STORAGE,
    *NETWORK,
    *MEANING,
    *PEOPLE,
    *TIME,
    *DEVICES,
    *TERMINALS,
)
assert Counter(fault.group for fault in FAULTS) == SIZES
assert len({fault.name for fault in FAULTS}) == len(FAULTS) == 69
