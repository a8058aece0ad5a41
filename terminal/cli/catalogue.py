"""`gongji catalogue`: the shop's goods, and what the platform publishes of its catalogue.

    import FILE.csv                 the shop's own goods, in the place of those before
    import FILE.zip --list 1301     a published file that was fetched by other means
    download                        whatever the platform has published since
    show                            what there is, and since when
    find TEXT                       goods and national codes as they are typed

A till beside them goes on with what it has, and takes the new as soon as it is whole.

stdout  what was found or done, JSON
stderr  progress
exit    0 done · 1 refused in part · 3 a file is wrong · 5 the platform
"""

from __future__ import annotations

import argparse
import asyncio
import os
from dataclasses import asdict
from pathlib import Path

from terminal.catalogue import Catalogue, CatalogueError
from terminal.catalogue.goods import FILE, import_goods
from terminal.catalogue.national import NationalWriter, national_beside, writing
from terminal.cli.build import catalogue_of, http_url, nonce, sender_of
from terminal.cli.download import Downloading, Silent, put_file
from terminal.cli.exits import Exit, Stop
from terminal.cli.output import complain, say_json
from terminal.clock import CHINA, SystemClock
from terminal.config import ConfigError, Counter, find, load_counter, load_profile
from terminal.profile import Profile, Publishing
from terminal.settlement.credentials import load as load_credentials
from terminal.settlement.dialect import MessageIds
from terminal.settlement.publications import Publications

POLITE = 10
"""Added to this process's niceness: the till beside it has a customer."""
TOLD_EVERY_ROWS = 10_000
FOUND_MAX = 20


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = verbs.add_parser(
        "catalogue", help="import goods, download what the platform publishes, look in both"
    )
    tasks = parser.add_subparsers(dest="task", required=True, metavar="TASK")
    bring = tasks.add_parser("import", help="a file of goods, or a published file")
    bring.add_argument("file", type=Path, metavar="FILE")
    bring.add_argument("--list", metavar="INFNO", help="what was published, such as 1301")
    bring.add_argument(
        "--skip-wrong",
        action="store_true",
        help="import the rows that are right (default: all of them or none)",
    )
    fetch = tasks.add_parser("download", help="what the platform has published since")
    fetch.add_argument("--platform", metavar="URL", help="the platform's address")
    fetch.add_argument("--till", type=int, metavar="NUMBER", help="in message ids")
    show = tasks.add_parser("show", help="what there is, and since when")
    search = tasks.add_parser("find", help="goods and national codes as they are typed")
    search.add_argument("text", metavar="TEXT")
    for each in (bring, fetch, show, search):
        each.add_argument("--counter", default="demo", metavar="NAME")
        each.add_argument("--profile", metavar="NAME", help="platform profile, file or name")
        each.add_argument(
            "--journal",
            type=Path,
            default=Path("var/journal.db"),
            metavar="FILE",
            help="of the till; its catalogues lie beside it",
        )


def run(args: argparse.Namespace) -> int:
    try:
        counter, beside = load_counter(args.counter)
        match args.task:
            case "import" if args.list:
                return _import_published(args, counter, beside)
            case "import":
                return _import_goods(args, counter)
            case "download":
                return asyncio.run(_download(args, counter, beside))
            case "show":
                return _show(args, catalogue_of(counter, beside, args.journal.parent))
            case _:
                return _find(args, catalogue_of(counter, beside, args.journal.parent))
    except (ConfigError, CatalogueError) as exc:
        raise Stop(Exit.CONFIG, str(exc)) from exc


def _import_goods(args: argparse.Namespace, counter: Counter) -> int:
    os.nice(POLITE)

    def progress(rows: int) -> None:
        if rows % TOLD_EVERY_ROWS == 0:
            complain(f"{args.file}: {rows} rows")

    folder = args.journal.parent
    count, left_out = import_goods(args.file, folder, skip_wrong=args.skip_wrong, progress=progress)
    for mistake in left_out:
        complain(f"left out: {mistake}")
    if counter.catalogue != "imported":
        complain(f'the counter still says catalogue = "{counter.catalogue}"; "imported" uses these')
    say_json({"goods": count, "left_out": len(left_out), "file": str(folder / FILE)})
    return Exit.FAILED if left_out else Exit.OK


def _import_published(args: argparse.Namespace, counter: Counter, beside: Path) -> int:
    profile = load_profile(args.profile or counter.platform, beside)
    columns = _publishing(profile).files.get(args.list)
    if columns is None:
        raise ConfigError(f"platform {profile.name}: publishing.files has no {args.list}")
    os.nice(POLITE)
    with writing(args.journal.parent) as connection:
        writer = NationalWriter(connection)
        held = writer.held().get(args.list, "")
        at = SystemClock().now().isoformat(timespec="seconds")
        newest = put_file(writer, args.list, args.file, columns, held, at, complain)
    say_json({"list": args.list, "version": newest})
    return Exit.OK


async def _download(args: argparse.Namespace, counter: Counter, beside: Path) -> int:
    url = http_url(args.platform) if args.platform else None
    profile = load_profile(args.profile or counter.platform, beside, url)
    publishing = _publishing(profile)
    credentials = load_credentials(profile, lambda name: find("keys", name, beside), nonce)
    digits = profile.message_id.till_digits
    till = 10**digits - 1 if args.till is None else args.till
    if not 0 <= till < 10**digits:
        raise ConfigError(f"--till {till}: message_id.till_digits allows 0 to {10**digits - 1}")
    now = SystemClock().now
    message_ids = MessageIds(counter.shop.code, till, now, till_digits=digits)
    platform = Publications(
        profile, sender_of(counter, profile), now, message_ids, credentials=credentials
    )
    os.nice(POLITE)
    folder = args.journal.parent
    try:
        with writing(folder) as connection:
            work = Downloading(
                platform,
                publishing,
                NationalWriter(connection),
                folder / "national.fetched",
                now,
                complain,
            )
            await work.everything()
    except Silent as exc:
        sentence = f"no answer: {exc}; what was read is kept: run it again to go on from there"
        raise Stop(Exit.PLATFORM, sentence) from exc
    finally:
        await platform.close()
    national = national_beside(folder)
    assert national
    say_json({"rows": national.counts(), "refused": work.refused})
    return Exit.FAILED if work.refused else Exit.OK


def _publishing(profile: Profile) -> Publishing:
    if profile.publishing is None:
        raise ConfigError(f"platform {profile.name}: has no table [publishing]: nothing to fetch")
    return profile.publishing


def _show(args: argparse.Namespace, catalogue: Catalogue) -> int:
    national = national_beside(args.journal.parent)
    say_json(
        {
            "goods": len(catalogue),
            "national": national.counts() if national else {},
            "held": {i: asdict(h) for i, h in national.held().items()} if national else {},
        },
        indent=1,
    )
    return Exit.OK


def _find(args: argparse.Namespace, catalogue: Catalogue) -> int:
    national = national_beside(args.journal.parent)
    today = SystemClock().now().astimezone(CHINA).date()
    goods = [catalogue.find(item.code, today) for item in catalogue.search(args.text, FOUND_MAX)]
    listed = national.search(args.text, FOUND_MAX) if national else []
    for row in goods:
        assert row
        say_json({"goods": asdict(row)})
    for entry in listed:
        say_json({"national": asdict(entry)})
    return Exit.OK if goods or listed else Exit.FAILED
