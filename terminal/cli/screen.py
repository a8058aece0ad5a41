"""The till on a screen: for work, and for the demo."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence

import httpx

from terminal.checkout import Checkout
from terminal.cli import scanners
from terminal.cli.build import Plan, open_till
from terminal.cli.demo import BOXES, Props, addresses
from terminal.cli.exits import Exit
from terminal.cli.keeping import keeping
from terminal.cli.run import beside
from terminal.cli.slips import writing_slips
from terminal.clock import SystemClock
from terminal.tui import DemoControls, ShopFacts, TillApp


def run_screen(args: argparse.Namespace, made: Plan, urls: Sequence[str]) -> int:
    return asyncio.run(_work(args, made, urls))


def run_demo_screen(args: argparse.Namespace, made: Plan, props: Props) -> int:
    async def work() -> int:
        async with httpx.AsyncClient(trust_env=False) as http:
            people = (await http.get(f"{props.sandbox}/people")).json()
            title = f"title_{made.counter.language}"
            labels = [
                (person["id"], f"{person['name_masked']} {person[title]}") for person in people
            ]
            return await _work(args, made, addresses(props), _Stage(props, labels, http))

    return asyncio.run(work())


async def _work(
    args: argparse.Namespace,
    made: Plan,
    urls: Sequence[str],
    demo: DemoControls | None = None,
) -> int:
    async with open_till(made, args.journal) as checkout:
        app = _app(checkout, made, demo)

        async def serve() -> None:
            async with scanners.scanning(checkout, urls, keeper):
                # A platform that is silent now may answer later; the screen says so meanwhile.
                signing_in = asyncio.create_task(_sign_in(checkout))
                try:
                    await app.run_async()
                    # A window can be closed at any moment; a charge under way gets its answer.
                    await checkout.idle()
                finally:
                    signing_in.cancel()

        slips = getattr(args, "slips", None)
        with writing_slips(checkout, made, slips), keeping(args, made) as keeper:
            await beside(checkout, serve)
        return app.return_code or Exit.OK


async def _sign_in(checkout: Checkout) -> None:
    await checkout.idle()
    await checkout.sign_in()


def _app(checkout: Checkout, made: Plan, demo: DemoControls | None) -> TillApp:
    counter = made.counter
    shop = ShopFacts(
        counter.shop.name, counter.till.number, counter.till.operator_name, counter.shop.region
    )
    return TillApp(
        checkout,
        made.words,
        shop,
        SystemClock(),
        language=counter.language,
        search=made.catalogue.search,
        demo=demo,
    )


class _Stage:
    """The demo's people and boxes, as the screen offers them."""

    def __init__(
        self, props: Props, people: Sequence[tuple[str, str]], http: httpx.AsyncClient
    ) -> None:
        self._props, self._http = props, http
        self._people = tuple(people)

    @property
    def people(self) -> Sequence[tuple[str, str]]:
        return self._people

    async def choose(self, person_id: str) -> None:
        await self._http.post(f"{self._props.stage}/show", params={"person": person_id})

    async def hide(self) -> None:
        await self._http.post(f"{self._props.stage}/hide")

    async def scan_boxes(self) -> None:
        for box in BOXES:
            await asyncio.to_thread(self._props.scanner.send, box.encode())
