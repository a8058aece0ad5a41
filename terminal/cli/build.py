"""The composition root: a counter's files become one till."""

from __future__ import annotations

import argparse
import socket
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
import msgspec

from terminal.catalogue import Catalogue, CatalogueError
from terminal.catalogue.goods import imported_goods, read_goods
from terminal.catalogue.national import national_beside
from terminal.checkout import Checkout, Reception, Setup, Trust
from terminal.checkout.disk import Disk, WriterThread
from terminal.checkout.shown import Pseudonyms
from terminal.cli.exits import Exit, Stop
from terminal.clock import CHINA, Clock, SystemClock
from terminal.config import (
    SHIPPED,
    ConfigError,
    Counter,
    find,
    load_counter,
    load_funding,
    load_profile,
)
from terminal.journal import LATEST_TIME, Journal, JournalError
from terminal.journal.room import Room
from terminal.keystore import KeyStore, KeyStoreError
from terminal.profile import Profile, VoucherPassword
from terminal.sale.funding import FundingRule
from terminal.settlement.client import Platform
from terminal.settlement.credentials import NO_CREDENTIALS, Credentials
from terminal.settlement.credentials import load as load_credentials
from terminal.settlement.dialect import IdSpace, MessageIds, Sender
from terminal.settlement.goods import Seller
from terminal.text import LANGUAGES, TextError, Words
from terminal.voucher.algorithms import NotAKey, load_public_key
from terminal.voucher.keys import FreshnessLimits, Held, KeyBundle, admit, parse_bundle
from terminal.voucher.reasons import Reason, VoucherRefused

TEST_ISSUER = "qh-test"
"""Its private keys are in this repository: no counter in earnest may believe it."""

SALES_A_DAY_MAX = 9999
DAY_SECONDS = 86_400
IMPORTED = "imported"
"""Instead of a file of goods: what `gongji catalogue import` put beside the journal."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that choose a till."""
    parser.add_argument("--counter", default="demo", metavar="NAME", help="counter file or name")
    parser.add_argument("--platform", metavar="URL", help="the platform's address")
    parser.add_argument("--profile", metavar="NAME", help="platform profile, file or name")
    parser.add_argument("--keys", metavar="FILE", help="trust list of voucher issuers")
    parser.add_argument("--lang", choices=LANGUAGES, help="language of the screen and the slip")
    parser.add_argument("--journal", type=Path, default=Path("var/journal.db"), metavar="FILE")
    parser.add_argument(
        "--after-restart",
        choices=("ask", "cancel"),
        help="a sale interrupted half paid: ask the clerk, or take the money back",
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a till is made from, read and checked before anything is opened."""

    counter: Counter
    profile: Profile
    rule: FundingRule
    catalogue: Catalogue
    bundle: KeyBundle
    bundle_data: bytes
    """The same, as it was signed."""
    roots: tuple[bytes, ...]
    words: dict[str, Words]
    credentials: Credentials = NO_CREDENTIALS
    """The keys and secrets the profile names."""


def plan(args: argparse.Namespace) -> Plan:
    """Reads every file.  Raises Stop(CONFIG) with the file and the key that is wrong."""
    try:
        counter, beside = load_counter(args.counter)
        url = http_url(args.platform) if args.platform else None
        profile = load_profile(args.profile or counter.platform, beside, url)
        _fits(profile, counter)
        changes = {"language": args.lang, "after_restart": args.after_restart}
        counter = msgspec.structs.replace(counter, **{k: v for k, v in changes.items() if v})
        roots = _roots(counter, beside)
        bundle, data = _bundle(find("keys", args.keys or counter.keys.bundle, beside), roots)
        _not_in_earnest(profile, bundle)
        return Plan(
            counter,
            profile,
            load_funding(counter.policy, beside, profile.mode),
            catalogue_of(counter, beside, args.journal.parent),
            bundle,
            data,
            roots,
            {language: Words.load(SHIPPED / "lang", language) for language in LANGUAGES},
            load_credentials(profile, lambda name: find("keys", name, beside), nonce),
        )
    except (ConfigError, CatalogueError, TextError) as exc:
        raise Stop(Exit.CONFIG, str(exc)) from exc


def catalogue_of(counter: Counter, beside: Path, folder: Path) -> Catalogue:
    """folder  of the journal, where imported and downloaded catalogues are

    Raises ConfigError, CatalogueError
    """
    if counter.catalogue == IMPORTED:
        goods = imported_goods(folder)
    else:
        goods = read_goods(find("catalogues", counter.catalogue, beside))
    return Catalogue(goods, national_beside(folder), counter.shop.region)


def _fits(profile: Profile, counter: Counter) -> None:
    """What a till of this counter cannot do on this platform.  Raises ConfigError."""
    if counter.till.number >= 10**profile.message_id.till_digits:
        raise ConfigError(
            f"till.number {counter.till.number} does not fit into message_id.till_digits"
            f" {profile.message_id.till_digits} of platform {profile.name}"
        )
    if isinstance(profile.signature, VoucherPassword):
        raise ConfigError(
            f"platform {profile.name}: signature voucher_password: a till has no key pad to ask"
            " the customer for it; `gongji conformance` can try the platform all the same"
        )


def nonce() -> str:
    return str(uuid.uuid4())


def http_url(text: str) -> str:
    url = httpx.URL(text)
    if url.scheme not in ("http", "https") or not url.host:
        raise ConfigError(f"--platform {text}: must be an http:// or https:// address")
    return text.rstrip("/")


def _roots(counter: Counter, beside: Path) -> tuple[bytes, ...]:
    try:
        return tuple(
            load_public_key(find("keys", root, beside).read_bytes()) for root in counter.keys.roots
        )
    except (OSError, NotAKey) as exc:
        raise ConfigError(f"keys.roots: {exc}") from exc


def _bundle(path: Path, roots: tuple[bytes, ...]) -> tuple[KeyBundle, bytes]:
    try:
        data = path.read_bytes()
        return parse_bundle(data, roots), data
    except OSError as exc:
        raise ConfigError(f"{path}: {exc}") from exc
    except VoucherRefused as exc:
        raise ConfigError(f"{path}: not a usable trust list: {exc.reason}") from exc


def _trust(made: Plan, store: KeyStore, now: datetime) -> Trust:
    """The newer of the counter's own list and the one this till fetched since.

    A list older than one this till has used stops the start.  One that is over does not: the till
    must be able to finish what is open, and refuses each code by that name.
    """
    bundle, data = made.bundle, made.bundle_data
    try:
        fetched, held = store.bundle(), store.held()
        if fetched is not None and held is not None and held.version > bundle.version:
            bundle, data = parse_bundle(fetched, made.roots), fetched
            _not_in_earnest(made.profile, bundle)
        admitted = admit(bundle, now, held)
        if admitted != held:
            store.save(data, admitted)
    except VoucherRefused as exc:
        if exc.reason not in (Reason.BUNDLE_EXPIRED, Reason.BUNDLE_NOT_YET):
            sentence = f"{store.folder}: not a usable trust list: {exc.reason}"
            raise Stop(Exit.CONFIG, sentence) from exc
    except (KeyStoreError, ConfigError) as exc:
        raise Stop(Exit.CONFIG, str(exc)) from exc

    def save(data: bytes, held: Held) -> bool:
        try:
            store.save(data, held)
        except KeyStoreError:
            return False
        return True

    return Trust(bundle, made.roots, limits_of(made.counter), save)


def limits_of(counter: Counter) -> FreshnessLimits:
    keys = counter.keys
    return FreshnessLimits(
        warn_age_seconds=keys.warn_after_days * DAY_SECONDS,
        refuse_age_seconds=keys.refuse_after_days * DAY_SECONDS,
        warn_before_end_seconds=keys.warn_before_end_days * DAY_SECONDS,
    )


def _not_in_earnest(profile: Profile, bundle: KeyBundle) -> None:
    issuers = {key.issuer for key in bundle.keys}
    if profile.environment == "production" and TEST_ISSUER in issuers:
        raise ConfigError(
            f"platform {profile.name} is for production, and the trust list believes the test"
            f" issuer {TEST_ISSUER}: give the issuer's own list in keys.bundle"
        )


def sender_of(
    counter: Counter, profile: Profile, mac: str | None = None, ip: str | None = None
) -> Sender:
    """What every message says of a till of this counter.

    mac, ip  None: those of this machine
    """
    return Sender(
        counter.shop.code,
        counter.shop.name,
        counter.shop.region,
        counter.till.operator,
        counter.till.operator_name,
        profile.receiver_code,
        profile.interface_version,
        mac or _mac(),
        ip or _own_ip(profile.url),
    )


def _mac() -> str:
    digits = f"{uuid.getnode():012x}"
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def _own_ip(platform_url: str) -> str:
    """The address this machine would talk to the platform from; nothing is sent to find out."""
    url = httpx.URL(platform_url)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((url.host, url.port or 80))
        except OSError:
            return "127.0.0.1"
        ip: str = probe.getsockname()[0]
        return ip


def _seller(counter: Counter) -> Seller:
    person = counter.pharmacist
    name, certificate = (person.name, person.certificate) if person else ("", "")
    return Seller(counter.shop.region, counter.till.operator_name, name, certificate)


def message_ids(
    made: Plan, now: Callable[[], datetime], latest: str = "", till: int | None = None
) -> MessageIds:
    """till  None: the counter's own"""
    counter, digits = made.counter, made.profile.message_id.till_digits
    number = counter.till.number if till is None else till
    return MessageIds(counter.shop.code, number, now, latest, digits)


def ids_of(counter: Counter, profile: Profile) -> IdSpace:
    return IdSpace(counter.shop.code, counter.till.number, profile.message_id.till_digits)


class SaleIds:
    """Sale numbers: date 8, till 2, counter 4.  They sort by time and are never used twice."""

    def __init__(self, till: int, now: Callable[[], datetime], greatest: str) -> None:
        """greatest  the greatest number in the journal, "" for none"""
        self._till, self._now, self._greatest = till, now, greatest

    def __call__(self) -> str:
        today = f"{self._now().astimezone(CHINA):%Y%m%d}"
        first = f"{today}{self._till:02d}0001"
        # A clock set back goes on counting on the later day.
        if self._greatest[:8] < today:
            self._greatest = first
        else:
            self._greatest = f"{int(self._greatest) + 1:014d}"
        assert int(self._greatest[-4:]) <= SALES_A_DAY_MAX
        return self._greatest


@asynccontextmanager
async def open_till(
    made: Plan,
    journal_path: Path,
    *,
    clock: Clock | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[Checkout]:
    """A till whose `run()` is not started yet.  Raises Stop(JOURNAL).

    clock, transport  stand-ins for tests
    """
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        try:
            journal = stack.enter_context(Journal(journal_path, room=Room(journal_path)))
            trust = _trust(made, KeyStore(journal_path.with_name("keys")), clock.now())
            sender = sender_of(made.counter, made.profile)
            checkout, platform = assemble(
                made, journal, clock, WriterThread(), trust, sender, transport
            )
            stack.push_async_callback(platform.close)
            yield checkout
        except JournalError as exc:
            raise Stop(Exit.JOURNAL, str(exc)) from exc


def assemble(
    made: Plan,
    journal: Journal,
    clock: Clock,
    disk: Disk,
    trust: Trust,
    sender: Sender,
    transport: httpx.AsyncBaseTransport | None = None,
    kind: type[Checkout] = Checkout,
) -> tuple[Checkout, Platform]:
    """A till around its journal, and the client to close after it.  Raises JournalError.

    Every till is put together here, whatever lies below it.
    """
    counter, profile = made.counter, made.profile
    latest = journal.mark(LATEST_TIME)
    seen = datetime.fromisoformat(latest) if latest else None
    new_msgid = message_ids(made, clock.now, journal.latest_message_id())
    platform = Platform(profile, sender, clock.now, new_msgid, transport, made.credentials)
    pseudonyms = Pseudonyms(journal.pseudonym, profile.opaque_codes)
    setup = Setup(
        journal,
        platform,
        profile,
        made.rule,
        Reception(made.catalogue, trust, pseudonyms, seen),
        clock,
        disk,
        SaleIds(counter.till.number, clock.now, journal.greatest_sale_id()),
        _seller(counter),
        ids_of(counter, profile),
        counter.after_restart == "cancel",
        counter.trace_codes == "required",
    )
    return kind(setup), platform
