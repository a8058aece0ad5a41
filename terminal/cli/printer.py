"""`gongji printer test URL`: a page that shows whether a printer is set up right."""

from __future__ import annotations

import argparse

import msgspec

from drivers.printer_address import PrinterLost
from terminal import config
from terminal.cli.exits import Exit, Stop
from terminal.cli.output import say
from terminal.cli.printing import make_printer
from terminal.config import SHIPPED
from terminal.escpos import Charset, Drawer, Print, encode, pulse
from terminal.receipt import centred, ends, slip_code, wrapped
from terminal.text import LANGUAGES, Words

TEST_NUMBER = "20260101000000"
"""Of no sale: the first number of a day ends in 0001."""


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = verbs.add_parser("printer", help="try a receipt printer")
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="DEED")
    test = deeds.add_parser("test", help="print a test page")
    test.add_argument("url", metavar="URL", help="tcp://HOST:9100, serial://…, usb:///dev/usb/lp0")
    test.add_argument("--columns", type=int, choices=(32, 42, 48), default=32)
    test.add_argument("--charset", choices=list(Charset), default=Charset.GBK)
    test.add_argument("--drawer", choices=list(Drawer), default=Drawer.NONE, help="open it, too")
    test.add_argument("--no-knife", dest="cuts", action="store_false", help="it cannot cut")
    test.add_argument("--silent", dest="asks", action="store_false", help="do not ask how it is")
    test.add_argument("--lang", choices=LANGUAGES, default="zh")


def run(args: argparse.Namespace) -> int:
    names = [field.name for field in msgspec.structs.fields(config.Printer)]
    setup = config.Printer(**{name: getattr(args, name) for name in names})
    printer = make_printer(setup)
    words = Words.load(SHIPPED / "lang", args.lang)
    code = slip_code(TEST_NUMBER)
    page = Print(tuple(page_rows(words, setup.columns, code)), code)
    data = encode(page, Charset(setup.charset), cuts=setup.cuts)
    try:
        is_sure = printer.print(pulse(Drawer(setup.drawer)) + data)
    except PrinterLost as lost:
        raise Stop(Exit.PRINTER, str(lost)) from lost
    say(
        "printed: the printer says so"
        if is_sure
        else "sent: this printer does not say whether it has printed it"
    )
    return Exit.OK


def page_rows(words: Words, width: int, code: str) -> list[str]:
    """Rows that look wrong where columns, characters or the code are."""

    def said(key: str, **values: object) -> list[str]:
        return wrapped(words.say(f"test_page.{key}", **values), width)

    ruler = "".join(str(column % 10) for column in range(1, width + 1))
    return [
        centred(words.say("test_page.title"), width),
        *said("ruler", columns=width),
        ruler,
        *said("characters"),
        *said("rare"),
        ends(words.say("test_page.ends"), "|", width),
        *said("code", code=code),
    ]
