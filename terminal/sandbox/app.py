"""The HTTP application: one path speaks the wire, the others serve people and tests.

    POST /fsi/api/rsfComIfsService/callService     envelopes; 200 for every one that can be read
    POST /localcfc/api/hsecfc/localQrCodeQuery     ec.query: what a code of digits stands for
    GET  /keys                                     the trust list vouchers are checked against
    GET  /people                                   who there is, with balances
    GET  /vouchers/new?person=ID                   a fresh voucher; &qr=1: also as a matrix;
                                                   &opaque=1: as digits 1162 and ec.query read
    GET  /phone?person=ID&lang=zh|en               the customer's phone
    GET  /                                         balances and movements, for people
    GET  /ledger                                   everything, for audits
    GET, POST, DELETE /_faults                     what the next requests suffer
    POST /_bind, /_transfer, /benefits …           what happens away from the counter: `controls.py`
    GET  /healthz                                  {"ok": true}

One rule: a request touches the database inside one transaction, and waits for nothing meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from functools import partial

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from terminal.sandbox import ec_query, ledger, pages
from terminal.sandbox.bodies import BODY_BYTES_MAX, BodyTooLarge, as_json, body_of
from terminal.sandbox.controls import Controls
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
from terminal.sandbox.people import settle_in
from terminal.sandbox.quoted import PolicyError
from terminal.sandbox.relations import RelationRefused
from terminal.sandbox.settings import Settings
from terminal.sandbox.store import Tx, open_store
from terminal.sandbox.transactions import Platform
from terminal.sandbox.vouchers import Issued, load_issuer, new_voucher
from terminal.sandbox.wire import NotJson, Writer, named_infno, parse_json
from terminal.sandbox.wrong import Wrong

EC_QUERY = "/localcfc/api/hsecfc/localQrCodeQuery"
CALL_SERVICE = "/fsi/api/rsfComIfsService/callService"


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
                Route(EC_QUERY, self._ec_query, methods=["POST"]),
                Route("/keys", self._keys),
                Route("/people", self._people),
                Route("/vouchers/new", self._new_voucher),
                Route("/phone", self._phone),
                Route("/ledger", self._ledger),
                Route("/_faults", self._change_faults, methods=["GET", "POST", "DELETE"]),
                *Controls(self._store, self._rules).routes(),
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
            return as_json({"err_msg": "Content-Type 须为 application/json"}, 415)
        try:
            envelope = parse_json(await body_of(request))
        except BodyTooLarge:
            return as_json({"err_msg": f"报文超过 {BODY_BYTES_MAX} 字节"}, 413)
        except NotJson as exc:
            return as_json({"infcode": -1, "err_msg": str(exc), "output": {}}, 400)
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
            await self._store.carry_out(
                partial(bring_about, happening=happening, rules=self._rules.policy.mutual_aid)
            )

    def _carry_out_later(self, envelope: Mapping[str, object], seconds: float) -> None:
        async def carry_out() -> None:
            await asyncio.sleep(seconds)
            await self._answer(envelope, self._settings.clock())

        task = asyncio.create_task(carry_out())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _ec_query(self, request: Request) -> Response:
        try:
            asked = parse_json(await body_of(request))
        except (BodyTooLarge, NotJson) as exc:
            return as_json({"code": -1, "message": str(exc)}, 400)
        trouble = self._faults.take("ec")
        if trouble and trouble.kind is FaultKind.DROP_BEFORE:
            return ConnectionDropped()
        if trouble and trouble.kind is FaultKind.SERVER_ERROR_BEFORE:
            return server_error()
        return as_json(await self._store.carry_out(partial(ec_query.answer, asked=asked)))

    async def _keys(self, request: Request) -> Response:
        return Response(self._issuer.bundle, media_type="application/cbor")

    async def _people(self, request: Request) -> Response:
        return as_json(await self._store.carry_out(ledger.people))

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
                opaque=query.get("opaque") == "1",
            )

        issued = await self._store.carry_out(make)
        if issued is None:
            return as_json({"error": "no such person"}, 404)
        shown: dict[str, object] = {
            "text": issued.text,
            "voucher_id": issued.voucher_id,
            "expires_at": issued.expires_at,
            "lifetime_seconds": issued.expires_at - issued.issued_at,
        }
        if query.get("qr") == "1":
            shown["modules"] = pages.modules(issued.text)
        return as_json(shown)

    async def _phone(self, request: Request) -> Response:
        query = request.query_params
        return pages.phone(
            await self._store.carry_out(ledger.people),
            query.get("person", ""),
            pages.language(query.get("lang")),
            self._settings.renew_seconds,
            opaque=query.get("opaque") == "1",
        )

    async def _overview(self, request: Request) -> Response:
        def books(tx: Tx) -> pages.Books:
            tx.at_one_moment()
            return pages.Books(
                people=ledger.people(tx),
                relations=ledger.relations_of_all(tx),
                accounts=ledger.accounts_of_all(tx),
                settlements=ledger.settlements(tx, pages.ROWS_SHOWN),
                movements=ledger.movements(tx, pages.ROWS_SHOWN),
            )

        language = pages.language(request.query_params.get("lang"))
        return pages.overview(await self._store.carry_out(books), language)

    async def _ledger(self, request: Request) -> Response:
        return as_json(await self._store.carry_out(ledger.whole))

    async def _change_faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._faults.clear()
        elif request.method == "POST":
            try:
                body = await body_of(request)
                if b'"mix"' in body:
                    self._faults.mix(msgspec.json.decode(body, type=FaultMix))
                else:
                    self._faults.arm(msgspec.json.decode(body, type=Fault))
            except (msgspec.DecodeError, BodyTooLarge, TooManyFaults) as exc:
                return as_json({"error": str(exc) or type(exc).__name__}, 400)
        return as_json({"armed": self._faults.armed()})

    async def _healthz(self, request: Request) -> Response:
        return as_json({"ok": True})
