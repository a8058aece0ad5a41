"""`gongji receipt`: the slip of a settled sale, read from a copy of the journal.

With --png it is drawn from the very bytes that the counter's printer would get.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from terminal.cli.build import add_arguments, plan
from terminal.cli.exits import Exit, Stop
from terminal.cli.output import say
from terminal.escpos import Charset, Print, encode
from terminal.journal import JournalError
from terminal.journal.snapshot import reading
from terminal.receipt import WIDTH_58_MM, WIDTH_80_MM, slip, slip_code
from terminal.sale.evolve import fold


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = verbs.add_parser("receipt", help="print the slip of a settled sale")
    parser.add_argument("sale", metavar="SALE", help="its number, as on the slip")
    parser.add_argument("--wide", action="store_true", help="for 80 mm paper instead of 58 mm")
    parser.add_argument("--png", type=Path, metavar="FILE", help="draw it as it prints")
    add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    made = plan(args)
    try:
        with reading(args.journal) as journal:
            sale = fold(journal.entries_of(args.sale))
    except JournalError as exc:
        raise Stop(Exit.JOURNAL, str(exc)) from exc
    if sale is None or not sale.settled:
        raise Stop(Exit.FAILED, f"{args.journal} holds no settled sale {args.sale}")
    printer = made.counter.printer
    width = WIDTH_80_MM if args.wide else printer.columns if printer else WIDTH_58_MM
    rows = slip(sale, made.words[made.counter.language], made.counter.shop.name, width=width)
    if args.png:
        charset = Charset(printer.charset) if printer else Charset.GBK
        paper = Print(tuple(rows), slip_code(sale.sale_id))
        draw(encode(paper, charset), width, args.png)
    else:
        say("\n".join(rows))
    return Exit.OK


def draw(data: bytes, width: int, path: Path) -> None:
    """Raises Stop(CONFIG), Stop(FAILED)."""
    # Not above: OpenCV takes a while to load, and a slip as text does without.
    from terminal.escpos import picture

    try:
        picture.save(picture.draw(data, width), path)
    except picture.NoFont as exc:
        raise Stop(Exit.FAILED, f"--png: {exc}; the slip as text needs none") from exc
    except OSError as exc:
        raise Stop(Exit.CONFIG, f"--png {path}: {exc.strerror}") from exc
