"""Paper as the bytes of a receipt printer: ESC/POS, in the Chinese mode of its text.

    commands   the few commands we send and read
    encoding   rows of text and a code -> bytes
    reading    bytes -> what a printer does with them; strict, so that it shows what slipped through
    picture    what a printer does -> dots, as on paper

One rule: nothing but `commands` makes a control byte.  Rows pass the filter of `terminal.text`
and then a charset whose characters hold none.
"""

from __future__ import annotations

from terminal.escpos.encoding import Charset, Drawer, Print, columns, encode, pulse, resync

__all__ = ["Charset", "Drawer", "Print", "columns", "encode", "pulse", "resync"]
