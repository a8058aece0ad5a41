"""The commands, as in Epson's "ESC/POS Application Programming Guide".

Only those that the cheapest printers know as well: no native QR code, whose size they disagree
about; no justification of text, which is laid out before it comes here.
"""

from __future__ import annotations

LF = b"\n"
ESC_INIT = b"\x1b@"
"""Back to the settings of switching on; prints nothing."""
ESC_CENTRE = b"\x1ba\x01"
ESC_LEFT = b"\x1ba\x00"
ESC_FEED = b"\x1bd"
"""n: that many rows of paper."""
FS_CHINESE = b"\x1c&"
"""From here on a byte above 0x7f begins a character of two bytes, or four in GB18030."""
GS_RASTER = b"\x1dv0"
"""m, bytes a row (two bytes, low first), rows (the same), dots: one bit each, 1 is black."""
RASTER_DOUBLE = 3
"""m: each bit is two dots wide and two high.  A quarter of the bytes, for slow serial lines."""
GS_CUT = b"\x1dVB\x00"
"""Feeds to the knife and cuts."""
ESC_PULSE = b"\x1bp"
"""Which pin, then how long on and off, in units of 2 ms."""
PULSE_TIMES = b"\x19\xfa"
"""50 ms on, 500 ms off: what drawers are made for."""
NUL = b"\x00"
"""Does nothing, except inside a command that waits for data."""
