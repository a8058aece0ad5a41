"""Every screen in both languages as SVG: `python -m tests.tui.screenshots OUTDIR [NAME …]`.

One rule: nothing is posed.  Each picture is the real till in front of the real sandbox, brought to
that state by keys, scans and faults.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette

from terminal.sale.commands import AddItem, Present
from terminal.sale.events import ScannerChanged
from tests.till import Till, at_number, make_plan, open_test_till, sandbox_app
from tests.tui.counter import LARGE, SMALL, Counter, counter, unhurried
from tests.tui.picture import svg

Pose = Callable[[Counter], Awaitable[None]]


class DemoPeople:
    """The people of the sandbox, without phones: for the list alone."""

    people: Sequence[tuple[str, str]] = (
        ("employee", "王*  职工：本人账户够用"),
        ("employee-short", "李*  职工：本人账户不足，家庭共济补足"),
        ("employee-both-short", "张*  职工：本人与共济账户都不足，余额付现金"),
        ("resident", "陈*  居民：直接用家庭共济"),
    )

    async def choose(self, person_id: str) -> None: ...

    async def hide(self) -> None: ...

    async def scan_boxes(self) -> None: ...


async def empty(at: Counter) -> None:
    """Nothing on the counter."""


async def people(at: Counter) -> None:
    await at.press("f2")


async def filling(at: Counter) -> None:
    for code in ("6901234567892", "6909876543212", "6971234567895", "6900000000014"):
        await scan(at.till, code)
    await at.settle()


async def quoted(at: Counter) -> None:
    await at.quoted("employee-both-short")


async def sale(at: Counter) -> None:
    """The finished split: fund, own account, mutual aid, and what is left for cash."""
    await at.quoted("employee-both-short")
    await at.press("enter")


async def cash(at: Counter) -> None:
    await sale(at)
    await at.press("f8")
    await at.type("20")


async def slip(at: Counter) -> None:
    await cash(at)
    await at.press("enter")


async def settled(at: Counter) -> None:
    await slip(at)
    await at.press("enter")


async def waiting(at: Counter) -> None:
    await at.quoted("employee-short")
    await at.till.fault("X101", "5xx_after")
    await at.till.fault("X103", "5xx_before", count=99)
    await at.press("enter")


async def differs(at: Counter) -> None:
    """Quoted, and then the same customer's accounts paid for something at another till."""
    await at.quoted("employee-both-short")
    app = at.network.app
    assert isinstance(app, Starlette)
    with tempfile.TemporaryDirectory() as folder:
        made = at_number(make_plan("sandbox-splits"), 2)
        async with open_test_till(Path(folder) / "other.db", app, made=made) as other:
            await other.sell("employee-both-short")
    await at.press("enter")


async def cancel(at: Counter) -> None:
    await sale(at)
    await at.press("escape")


async def undoing(at: Counter) -> None:
    await sale(at)
    await at.till.fault("*", "5xx_before", count=999)
    await at.press("escape", "enter")


async def refused(at: Counter) -> None:
    await at.quoted("employee")
    await at.press("enter")


async def suspended(at: Counter) -> None:
    for code in ("6901234567892", "6909876543212"):
        await scan(at.till, code)
    await at.till.show("suspended")
    await at.settle()


async def wrong_code(at: Counter) -> None:
    await filling(at)
    await scan(at.till, "134567890123456789")
    await at.settle()


async def search(at: Counter) -> None:
    await filling(at)
    await at.type("b")


async def quantity(at: Counter) -> None:
    await filling(at)
    await at.press("up", "f4")
    await at.type("2")


async def boxes(at: Counter) -> None:
    """Two boxes of three have their trace code, and one is shown again."""
    await at.till.do(AddItem("6901234567892", 2), AddItem("6909876543212"))
    for code in ("83000010000000000001", "83000020000000000001", "83000010000000000001"):
        await scan(at.till, code)
    await at.settle()


async def self_pay(at: Counter) -> None:
    await filling(at)
    await at.press("f8")
    await at.type("100")


async def sales(at: Counter) -> None:
    for person in ("employee-both-short", "resident", "employee"):
        await at.till.sell(person)
        await at.settle()
        await at.press("enter")
    await at.press("f7")


async def refund(at: Counter) -> None:
    await sales(at)
    await at.press("down", "down", "enter", "down", "space")


async def refunded(at: Counter) -> None:
    await refund(at)
    await at.press("enter")
    await at.till.until_resolved()


async def day(at: Counter) -> None:
    await sales(at)
    await at.press("escape", "f11")
    await at.type("20")


async def day_closed(at: Counter) -> None:
    await day(at)
    await at.press("enter")


async def open_(at: Counter) -> None:
    await waiting(at)
    await at.press("f6")


async def help_(at: Counter) -> None:
    await at.press("f1")


async def scanner_lost(at: Counter) -> None:
    at.till.checkout.tell(ScannerChanged("serial:///dev/serial/by-id/scanner", "lost", "EIO"))
    await at.settle()


async def scan(till: Till, text: str) -> None:
    await till.do(Present(text.encode()))


@dataclass(frozen=True, slots=True)
class Picture:
    pose: Pose
    size: tuple[int, int] = SMALL
    profile: str = "sandbox"
    demo: bool = False
    unreachable: tuple[str, ...] = ()


PICTURES = {
    "empty": Picture(empty),
    "demo": Picture(empty, demo=True),
    "people": Picture(people, demo=True),
    "filling": Picture(filling),
    "quoted": Picture(quoted),
    "sale": Picture(sale),
    "sale-large": Picture(sale, LARGE),
    "platform-splits": Picture(quoted, profile="sandbox-splits"),
    "cash": Picture(cash),
    "slip": Picture(slip),
    "slip-large": Picture(slip, LARGE),
    "settled": Picture(settled),
    "waiting": Picture(waiting),
    "waiting-large": Picture(waiting, LARGE),
    "differs": Picture(differs, profile="sandbox-splits"),
    "cancel": Picture(cancel),
    "undoing": Picture(undoing),
    "refused": Picture(refused, unreachable=("X101",)),
    "suspended": Picture(suspended),
    "wrong-code": Picture(wrong_code),
    "search": Picture(search),
    "quantity": Picture(quantity),
    "boxes": Picture(boxes),
    "boxes-large": Picture(boxes, LARGE),
    "self-pay": Picture(self_pay),
    "sales": Picture(sales),
    "refund": Picture(refund),
    "refund-large": Picture(refund, LARGE),
    "refunded": Picture(refunded),
    "day": Picture(day),
    "day-closed": Picture(day_closed),
    "open": Picture(open_),
    "open-large": Picture(open_, LARGE),
    "help": Picture(help_),
    "help-large": Picture(help_, LARGE),
    "scanner-lost": Picture(scanner_lost),
}


async def draw(name: str, language: str) -> str:
    picture = PICTURES[name]
    with tempfile.TemporaryDirectory() as folder:
        async with counter(
            Path(folder),
            size=picture.size,
            language=language,
            profile=picture.profile,
            app=sandbox_app(),
            demo=DemoPeople() if picture.demo else None,
            unreachable=picture.unreachable,
            made=unhurried(picture.profile),
        ) as at:
            await picture.pose(at)
            await at.settle()
            return svg(at.app, f"gongji: {name} ({language})")


def main(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names or PICTURES:
        for language in ("zh", "en"):
            path = folder / f"{name}.{language}.svg"
            path.write_text(asyncio.run(draw(name, language)), encoding="utf-8")
            print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
