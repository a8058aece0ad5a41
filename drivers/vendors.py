"""What a serial scanner can be told, and in whose words.

One rule: a table of bytes, each from a manual; what no manual at hand says is not in it, and a
scanner is then simply not told.

Source   Honeywell: host trigger and beep of the MK7000 manual, needs TRGMOD0. Newland: NLS-HR52
         and FM420 guides, "#" changes the setting until power is lost. Datalogic: PowerScan
         manual, host commands. Zebra: Simple Serial Interface Programmer's Guide 72E-40451. None
         was tried on a device.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from drivers import ssi
from drivers.scan import Signal


class Vendor(StrEnum):
    GENERIC = "generic"
    """Only listened to."""
    NEWLAND = "newland"
    HONEYWELL = "honeywell"
    DATALOGIC = "datalogic"
    ZEBRA_SSI = "zebra-ssi"
    """In packets, each acknowledged.  A Zebra set to "send raw decode data" is GENERIC."""


@dataclass(frozen=True, slots=True)
class Profile:
    commands: Mapping[Signal, bytes] = field(default_factory=dict)
    is_ssi: bool = False


def _newland(setting: bytes) -> bytes:
    return b"\x7e\x010000#" + setting + b";\x03"


PROFILES: Mapping[Vendor, Profile] = {
    Vendor.GENERIC: Profile(),
    Vendor.NEWLAND: Profile(
        {
            Signal.TRIGGER_ON: _newland(b"SCNTRG1"),
            Signal.TRIGGER_OFF: _newland(b"SCNTRG0"),
        }
    ),
    Vendor.HONEYWELL: Profile(
        {
            Signal.TRIGGER_ON: b"\x16T\r",
            Signal.TRIGGER_OFF: b"\x16U\r",
            Signal.REJECT: b"\x16\x07\r",
        }
    ),
    Vendor.DATALOGIC: Profile(
        {
            Signal.TRIGGER_ON: b"T",
            Signal.TRIGGER_OFF: b"X",
            Signal.GOOD_READ: b"B",
            Signal.REJECT: b"F",
        }
    ),
    Vendor.ZEBRA_SSI: Profile(
        {
            Signal.TRIGGER_ON: ssi.packet(ssi.Opcode.START_SESSION),
            Signal.TRIGGER_OFF: ssi.packet(ssi.Opcode.STOP_SESSION),
            Signal.GOOD_READ: ssi.packet(ssi.Opcode.BEEP, bytes((ssi.BEEP_SHORT_HIGH,))),
            Signal.REJECT: ssi.packet(ssi.Opcode.BEEP, bytes((ssi.BEEP_TWO_LONG_LOW,))),
        },
        is_ssi=True,
    ),
}
