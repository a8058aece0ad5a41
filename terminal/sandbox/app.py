"""The HTTP application: one path speaks the wire, the others serve people and tests.

    POST /fsi/api/rsfComIfsService/callService     envelopes; 200 for every one that can be read
    GET  /keys                                     the trust list vouchers are checked against
    GET  /people                                   who there is, with balances
    GET  /vouchers/new?person=ID                   a fresh voucher (&qr=1: also as a matrix)
    GET  /phone?person=ID&lang=zh|en               the customer's phone
    GET  /                                         balances and movements, for people
    GET  /ledger                                   everything, for audits
    GET, POST, DELETE /_faults                     what the next requests suffer
    POST /_adjust                                  {"account", "amount_fen"}: from or to elsewhere
    POST /_bind                                    {"creator", "member", "kinship", "bound_on"}
    POST /_transfer                                {"creator", "amount_fen"}: own account to pot
    POST /_dissolve                                {"person"}: ends a member's relation
    POST /_end                                     {"creator", "why"}: ends all of a creator's
    GET  /healthz                                  {"ok": true}

One rule: a request touches the database inside one transaction, and waits for nothing meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Annotated, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from terminal.sandbox import ledger, pages, relations
from terminal.sandbox.faults import (
    ConnectionDropped,
    Fault,
    FaultKind,
    FaultMix,
    Faults,
    TooManyFaults,
    garbled,
    server_error,
    with_wrong_sums,
    without_effect,
)
from terminal.sandbox.happenings import bring_about
from terminal.sandbox.money import AMOUNT_FEN_MAX
from terminal.sandbox.people import settle_in
from terminal.sandbox.policy import Kinship, PolicyError
from terminal.sandbox.relations import Ending, RelationRefused
from terminal.sandbox.settings import Settings
from terminal.sandbox.store import Tx, open_store
from terminal.sandbox.transactions import Platform
from terminal.sandbox.vouchers import Issued, load_issuer, new_voucher
from terminal.sandbox.wire import NotJson, Writer, named_infno, parse_json, to_json
from terminal.sandbox.wrong import Wrong

CALL_SERVICE = "/fsi/api/rsfComIfsService/callService"
BODY_BYTES_MAX = 1_000_000

T = TypeVar("T")


class Adjustment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    account: Annotated[str, msgspec.Meta(max_length=64)]
    """`own:ID` or `pot:ID`, as /ledger names them."""
    amount_fen: Annotated[int, msgspec.Meta(ge=-AMOUNT_FEN_MAX, le=AMOUNT_FEN_MAX)]


class Dissolution(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    person: Annotated[str, msgspec.Meta(max_length=64)]


class Binding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    creator: Annotated[str, msgspec.Meta(max_length=64)]
    """A person's id, as /ledger names it; so is `member`."""
    member: Annotated[str, msgspec.Meta(max_length=64)]
    kinship: Kinship
    bound_on: dt.date


class Allocation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    creator: Annotated[str, msgspec.Meta(max_length=64)]
    amount_fen: Annotated[int, msgspec.Meta(ge=1, le=AMOUNT_FEN_MAX)]


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    creator: Annotated[str, msgspec.Meta(max_length=64)]
    why: Ending


class BodyTooLarge(Exception):
    """More than BODY_BYTES_MAX."""


def create_app(settings: Settings | None = None) -> Starlette:
    """A sandbox of its own, ready to be served or called in-process.

    `app.state.store` is its database: closed when a server's lifespan ends, else by the caller.
    Raises PolicyError, StoreError: a file of the settings cannot be used.
    """
    return _Sandbox(settings or Settings()).app()


class _Sandbox:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._rules = rules = settings.rules()
        self._issuer = load_issuer(settings.issuer, settings.issuer_key_file, settings.bundle_file)
        self._faults = Faults()
        for fault in settings.faults:
            self._faults.arm(fault)
        self._coming = list(settings.happenings)
        self._under_way: set[asyncio.Task[None]] = set()
        """Messages that were answered with 处理中 and have yet to be carried out."""
        self._store = open_store(settings.database, settings.clock)
        try:
            self._store.run(
                lambda tx: settle_in(
                    tx, settings.people, settings.families, rules.policy.mutual_aid
                )
            )
        except RelationRefused as exc:
            self._store.close()
            raise PolicyError(f"{settings.policy_file}: {exc} by its own rules") from exc
        is_short = Wrong.SHORT_REFERENCE in settings.wrong
        writer = Writer(
            settings.region,
            29 if is_short else 30,
            settings.amounts_as_text,
            settings.zeros_as_null,
        )
        self._platform = Platform(rules, writer)

    def app(self) -> Starlette:
        app = Starlette(
            routes=[
                Route(CALL_SERVICE, self._call_service, methods=["POST"]),
                Route("/keys", self._keys),
                Route("/people", self._people),
                Route("/vouchers/new", self._new_voucher),
                Route("/phone", self._phone),
                Route("/ledger", self._ledger),
                Route("/_faults", self._change_faults, methods=["GET", "POST", "DELETE"]),
                Route("/_adjust", self._adjust, methods=["POST"]),
                Route("/_bind", self._bind, methods=["POST"]),
                Route("/_transfer", self._transfer, methods=["POST"]),
                Route("/_dissolve", self._dissolve, methods=["POST"]),
                Route("/_end", self._end, methods=["POST"]),
                Route("/healthz", self._healthz),
                Route("/", self._overview),
            ],
            lifespan=self._lifespan,
        )
        app.state.store = self._store
        return app

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        yield
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        self._store.close()

    async def _call_service(self, request: Request) -> Response:
        received = self._settings.clock()
        if not request.headers.get("content-type", "").lower().startswith("application/json"):
            return _json({"err_msg": "Content-Type 须为 application/json"}, 415)
        try:
            envelope = parse_json(await _body(request))
        except BodyTooLarge:
            return _json({"err_msg": f"报文超过 {BODY_BYTES_MAX} 字节"}, 413)
        except NotJson as exc:
            return _json({"infcode": -1, "err_msg": str(exc), "output": {}}, 400)
        trouble = self._faults.take(named_infno(envelope))
        kind = trouble.kind if trouble else None
        if kind is FaultKind.DROP_BEFORE:
            return ConnectionDropped()
        if kind is FaultKind.SERVER_ERROR_BEFORE:
            return server_error()
        if kind and (answer := without_effect(kind, named_infno(envelope))):
            if trouble and kind is FaultKind.PENDING:
                self._carry_out_later(envelope, trouble.seconds)
            return Response(answer, media_type="application/json")
        if trouble and kind is FaultKind.DELAY:
            await asyncio.sleep(trouble.seconds)
        if self._settings.latency_seconds:
            await asyncio.sleep(self._settings.latency_seconds)
        reply = await self._answer(envelope, received)
        await self._let_happen(named_infno(envelope))
        if kind is FaultKind.DUPLICATE:
            reply = await self._answer(envelope, received)
        if trouble and kind is FaultKind.DELAY_REPLY:
            await asyncio.sleep(trouble.seconds)
        if kind is FaultKind.DROP_AFTER:
            return ConnectionDropped()
        if kind is FaultKind.SERVER_ERROR_AFTER:
            return server_error()
        if kind is FaultKind.GARBLE:
            reply = garbled(reply)
        if kind is FaultKind.WRONG_SUMS:
            reply = with_wrong_sums(reply)
        is_file = not reply.startswith(b"{")
        return Response(
            reply, media_type="application/octet-stream" if is_file else "application/json"
        )

    async def _answer(self, envelope: Mapping[str, object], received: float) -> bytes:
        return await self._store.carry_out(
            partial(self._platform.answer, envelope=envelope, received=received)
        )

    async def _let_happen(self, infno: str) -> None:
        for happening in [each for each in self._coming if each.after == infno]:
            self._coming.remove(happening)
            await self._store.carry_out(partial(bring_about, happening=happening))

    def _carry_out_later(self, envelope: Mapping[str, object], seconds: float) -> None:
        async def carry_out() -> None:
            await asyncio.sleep(seconds)
            await self._answer(envelope, self._settings.clock())

        task = asyncio.create_task(carry_out())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _keys(self, request: Request) -> Response:
        return Response(self._issuer.bundle, media_type="application/cbor")

    async def _people(self, request: Request) -> Response:
        return _json(await self._store.carry_out(ledger.people))

    async def _new_voucher(self, request: Request) -> Response:
        query = request.query_params

        def make(tx: Tx) -> Issued | None:
            return new_voucher(
                tx,
                query.get("person", ""),
                self._issuer,
                lifetime_seconds=self._settings.voucher_seconds,
                by_relative=query.get("by_relative") == "1",
                shown=self._settings.shown,
            )

        issued = await self._store.carry_out(make)
        if issued is None:
            return _json({"error": "no such person"}, 404)
        shown: dict[str, object] = {
            "text": issued.text,
            "voucher_id": issued.voucher_id,
            "expires_at": issued.expires_at,
            "lifetime_seconds": issued.expires_at - issued.issued_at,
        }
        if query.get("qr") == "1":
            shown["modules"] = pages.modules(issued.text)
        return _json(shown)

    async def _phone(self, request: Request) -> Response:
        query = request.query_params
        return pages.phone(
            await self._store.carry_out(ledger.people),
            query.get("person", ""),
            pages.language(query.get("lang")),
            self._settings.renew_seconds,
        )

    async def _overview(self, request: Request) -> Response:
        people, bound, movements = await self._store.carry_out(
            lambda tx: (
                ledger.people(tx),
                ledger.relations_of_all(tx),
                ledger.movements(tx, pages.MOVEMENTS_SHOWN),
            )
        )
        language = pages.language(request.query_params.get("lang"))
        return pages.overview(people, bound, movements, language)

    async def _ledger(self, request: Request) -> Response:
        return _json(await self._store.carry_out(ledger.whole))

    async def _change_faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._faults.clear()
        elif request.method == "POST":
            try:
                body = await _body(request)
                if b'"mix"' in body:
                    self._faults.mix(msgspec.json.decode(body, type=FaultMix))
                else:
                    self._faults.arm(msgspec.json.decode(body, type=Fault))
            except (msgspec.DecodeError, BodyTooLarge, TooManyFaults) as exc:
                return _json({"error": str(exc) or type(exc).__name__}, 400)
        return _json({"armed": self._faults.armed()})

    async def _adjust(self, request: Request) -> Response:
        try:
            wanted = await _decoded(request, Adjustment)
            balance_fen = await self._store.carry_out(
                lambda tx: ledger.adjust(tx, wanted.account, wanted.amount_fen)
            )
        except (msgspec.DecodeError, BodyTooLarge) as exc:
            return _json({"error": str(exc)}, 400)
        except (ledger.NoSuchAccount, ledger.BelowZero) as exc:
            return _json({"error": type(exc).__name__}, 409)
        return _json({"account": wanted.account, "balance_fen": balance_fen})

    async def _bind(self, request: Request) -> Response:
        def bind(tx: Tx, wanted: Binding) -> None:
            creator, member = ledger.psn_no(tx, wanted.creator), ledger.psn_no(tx, wanted.member)
            rules = self._rules.policy.mutual_aid
            relations.bind(tx, creator, member, wanted.kinship, wanted.bound_on, rules)

        return await self._change(request, Binding, bind)

    async def _transfer(self, request: Request) -> Response:
        def transfer(tx: Tx, wanted: Allocation) -> None:
            rules = self._rules.policy.mutual_aid
            relations.transfer(tx, ledger.psn_no(tx, wanted.creator), wanted.amount_fen, rules)

        return await self._change(request, Allocation, transfer)

    async def _dissolve(self, request: Request) -> Response:
        def dissolve(tx: Tx, wanted: Dissolution) -> None:
            relations.dissolve(tx, ledger.psn_no(tx, wanted.person))

        return await self._change(request, Dissolution, dissolve)

    async def _end(self, request: Request) -> Response:
        def end(tx: Tx, wanted: End) -> None:
            relations.end(tx, ledger.psn_no(tx, wanted.creator), wanted.why)

        return await self._change(request, End, end)

    async def _change(
        self, request: Request, kind: type[T], change: Callable[[Tx, T], None]
    ) -> Response:
        """One change of a relation, whole or not at all."""
        try:
            wanted = await _decoded(request, kind)
            await self._store.carry_out(lambda tx: change(tx, wanted))
        except (msgspec.DecodeError, BodyTooLarge) as exc:
            return _json({"error": str(exc)}, 400)
        except RelationRefused as exc:
            return _json({"error": exc.reason.value}, 409)
        return _json({"ok": True})

    async def _healthz(self, request: Request) -> Response:
        return _json({"ok": True})


async def _body(request: Request) -> bytes:
    """Raises BodyTooLarge as soon as it is, without reading on."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise BodyTooLarge
    return body


async def _decoded(request: Request, kind: type[T]) -> T:
    return msgspec.json.decode(await _body(request), type=kind)


def _json(value: object, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(to_json(value), status, headers, media_type="application/json")
