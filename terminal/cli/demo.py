"""`gongji demo`: a sandbox, a pretend phone in front of a pretend camera, a pretend scanner on a
real pty; everything else is the product itself.

On a terminal it shows the till and lets the user drive it.  Elsewhere it makes three sales by
itself, prints each slip, and its last line is JSON that says whether every split was right.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec

from drivers import camera_url, serial_url
from terminal.checkout import Checkout
from terminal.cli import scanners
from terminal.cli.build import Plan, add_arguments, open_till, plan
from terminal.cli.exits import Exit, Stop
from terminal.cli.headless import sums
from terminal.cli.output import complain, say, say_json
from terminal.cli.run import beside, sign_in
from terminal.demo.serial_scanner import SerialScanner
from terminal.receipt import slip
from terminal.sale.commands import Confirm, PrintReceipt, TakeCash
from terminal.sale.events import Event, Notice, SaleSettled
from terminal.sale.sale import Sale
from terminal.sale.steps import Phase

BOXES = ("6901234567892", "6909876543212", "6971234567895")
"""What the pretend scanner reads."""
STEP_SECONDS_MAX = 30.0
START_SECONDS_MAX = 30.0


@dataclass(frozen=True, slots=True)
class Scene:
    """One sale of the show, and who must have paid something of it."""

    person: str
    title: str
    payers: frozenset[str]


SCENES = (
    Scene("employee", "个人账户够用", frozenset({"fund", "personal"})),
    Scene(
        "employee-short",
        "个人账户不够，家庭共济补足",
        frozenset({"fund", "personal", "mutual_aid"}),
    ),
    Scene(
        "employee-both-short",
        "家庭共济也不够，其余付现金",
        frozenset({"fund", "personal", "mutual_aid", "cash"}),
    ),
)


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = verbs.add_parser("demo", help="watch a sale")
    add_arguments(parser)


@dataclass(frozen=True, slots=True)
class Props:
    """The pretend surroundings of the till, running."""

    sandbox: str
    camera: str
    """Address of the MJPEG stream."""
    scanner: SerialScanner

    @property
    def stage(self) -> str:
        """Where the pretend phone takes its orders."""
        return self.camera.rsplit("/", 1)[0]


def run(args: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="gongji-demo-") as folder, ExitStack() as stack:
        complain("gongji demo: starting a sandbox, a camera and a scanner …")
        sandbox = stack.enter_context(
            _program(
                *("terminal.cli", "sandbox", "--until-eof"),
                *("--port", "0", "--db", f"{folder}/sandbox.db"),
            )
        )["sandbox"]
        camera = stack.enter_context(
            _program("terminal.demo.phone_camera", "--sandbox", sandbox, "--port", "0")
        )["camera"]
        props = Props(sandbox, camera, stack.enter_context(SerialScanner()))
        args.platform, args.journal = sandbox, Path(folder) / "journal.db"
        made = plan(args)
        if sys.stdout.isatty() and sys.stdin.isatty():
            from terminal.cli.screen import run_demo_screen

            return run_demo_screen(args, made, props)
        return asyncio.run(_show(args, made, props))


@contextmanager
def _program(*words: str) -> Iterator[dict[str, str]]:
    """A Python program of this package, and the JSON line it says when it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # Ctrl-C is for the till; its props end when it says so
    )
    try:
        assert process.stdout
        line = process.stdout.readline()
        if not line:
            raise Stop(Exit.FAILED, f"the demo's {words[0]} {words[1]} did not start")
        yield msgspec.json.decode(line, type=dict[str, str])
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        process.kill()
        process.communicate()


async def _show(args: argparse.Namespace, made: Plan, props: Props) -> int:
    outcomes: list[dict[str, object]] = []
    async with open_till(made, args.journal) as checkout:

        async def play() -> None:
            await checkout.idle()
            await sign_in(checkout, made)
            async with (
                scanners.scanning(checkout, addresses(props)),
                Director(checkout, props) as director,
            ):
                for scene in SCENES:
                    sale = await director.play(scene)
                    outcomes.append(_print_scene(scene, sale, made))

        await beside(checkout, play)
    right = all(outcome["right"] for outcome in outcomes) and len(outcomes) == len(SCENES)
    line = {
        "demo": "ok" if right else "failed",
        "sales": len(outcomes),
        "splits": [outcome["split"] for outcome in outcomes],
    }
    say_json(line)
    return Exit.OK if right else Exit.FAILED


def addresses(props: Props) -> list[str]:
    return [
        camera_url(props.camera),
        serial_url(str(props.scanner.path)),
    ]


def _print_scene(scene: Scene, sale: Sale, made: Plan) -> dict[str, object]:
    words = made.words[made.counter.language]
    say(f"\n── {scene.title} ──")
    say("\n".join(slip(sale, words, made.counter.shop.name)))
    told = sums(sale)
    payers = {name for name in ("fund", "personal", "mutual_aid", "cash") if told[f"{name}_fen"]}
    paid = sum(told[f"{name}_fen"] for name in payers)
    right = sale.settled and payers == scene.payers and paid == told["total_fen"]
    split = {key: told[key] for key in told if key != "due_fen"}
    return {"right": right, "split": {"person": scene.person, **split}}


class Director:
    """Plays the clerk and the customer of one scene after the other."""

    def __init__(self, checkout: Checkout, props: Props) -> None:
        self._checkout, self._props = checkout, props
        self._happened = asyncio.Event()
        self._settled: Sale | None = None
        self._trouble = ""
        self._stage = httpx.AsyncClient(base_url=props.stage, trust_env=False)
        checkout.subscribe(self._on_event)

    async def __aenter__(self) -> Director:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stage.aclose()

    def _on_event(self, happened: Event | Notice, sale: Sale | None) -> None:
        if isinstance(happened, SaleSettled):
            self._settled = sale
        elif not isinstance(happened, Event):
            self._trouble = str(happened)
        self._happened.set()

    async def play(self, scene: Scene) -> Sale:
        """Raises Stop(FAILED), saying at which step, when the scene does not come off."""
        checkout = self._checkout
        self._settled = None
        for box in BOXES:
            self._props.scanner.send(box.encode())
        await self._until("three boxes", lambda: _lines(checkout.sale) == len(BOXES))
        await self._stage.post("/show", params={"person": scene.person})
        await self._until("the split", lambda: checkout.phase is Phase.QUOTED)
        await self._stage.post("/hide")
        await checkout.do_in_turn(Confirm())
        await self._until(
            "the charges", lambda: self._settled is not None or checkout.phase is Phase.CASH_DUE
        )
        if self._settled is None:
            await checkout.do_in_turn(TakeCash())
        await self._until("the settlement", lambda: self._settled is not None)
        assert self._settled
        await checkout.do_in_turn(PrintReceipt(self._settled.sale_id))
        await checkout.idle()
        return self._settled

    async def _until(self, what: str, reached: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(STEP_SECONDS_MAX):
                while not reached():
                    self._happened.clear()
                    await self._happened.wait()
        except TimeoutError as exc:
            last = f"; the last notice was {self._trouble}" if self._trouble else ""
            raise Stop(Exit.FAILED, f"demo: {what} did not come{last}") from exc


def _lines(sale: Sale | None) -> int:
    return len(sale.lines) if sale else 0
