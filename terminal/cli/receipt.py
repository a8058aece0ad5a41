"""`gongji receipt`: the slip of a settled sale, read from the journal."""

from __future__ import annotations

import argparse
import asyncio

from terminal.cli.build import add_arguments, open_till, plan
from terminal.cli.exits import Exit, Stop
from terminal.receipt import WIDTH_58_MM, WIDTH_80_MM, slip


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = verbs.add_parser("receipt", help="print the slip of a settled sale")
    parser.add_argument("sale", metavar="SALE", help="its number, as on the slip")
    parser.add_argument("--wide", action="store_true", help="for 80 mm paper instead of 58 mm")
    add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    made = plan(args)

    async def find() -> list[str]:
        async with open_till(made, args.journal) as checkout:
            sale = await checkout.find(args.sale)
        if sale is None or not sale.settled:
            raise Stop(Exit.FAILED, f"{args.journal} holds no settled sale {args.sale}")
        width = WIDTH_80_MM if args.wide else WIDTH_58_MM
        return slip(sale, made.words[made.counter.language], made.counter.shop.name, width=width)

    print("\n".join(asyncio.run(find())))
    return Exit.OK
