"""The door of the REST API: who may come in, outages at the door, and Twilio's form of an error."""

import asyncio
import base64
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from messaging.simulator.config import Config
from messaging.simulator.errors import TwilioError
from messaging.simulator.simulation import Simulation, simulation

_RAW_SEND = "alongside.raw_send"


class SimulatorApp(FastAPI):
    """FastAPI that checks REST requests before routing them, and can drop a connection in mid-air."""

    def __init__(self, sim: Simulation, **kwargs: Any) -> None:
        super().__init__(docs_url=None, redoc_url=None, openapi_url=None, title="Simulated Twilio", **kwargs)
        self.state.simulation = sim
        self._allowed = _credentials(sim.config)
        self._account_path = f"/2010-04-01/Accounts/{sim.config.account_sid}"
        self.add_exception_handler(TwilioError, _refuse)
        self.add_exception_handler(HTTPException, _unknown)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope[_RAW_SEND] = send
            if scope["path"].startswith(("/2010-04-01/", "/v1/")) and (problem := self._problem(scope)) is not None:
                await JSONResponse(problem.as_json(), problem.status)(scope, receive, send)
                return
        await super().__call__(scope, receive, send)

    def _problem(self, scope: Scope) -> TwilioError | None:
        given = next((value for name, value in scope["headers"] if name == b"authorization"), None)
        if given not in self._allowed:
            return TwilioError(20003)
        path, faults = scope["path"], self.state.simulation.faults
        if path.startswith("/2010-04-01/") and not path.startswith((self._account_path + "/", self._account_path + ".json")):
            return TwilioError(20404)
        if not faults.chances:
            return None
        if down := faults.strike("api_down"):
            return TwilioError(20503, status=down.status)
        if scope["method"] != "POST" or not path.endswith(("/Messages.json", "/Calls.json")):
            return None
        if faults.strike("too_many_requests"):
            return TwilioError(20429)
        before = faults.strike("server_errors_before")
        return TwilioError(20500, status=before.status) if before else None


def _credentials(config: Config) -> frozenset[bytes]:
    pairs = {config.account_sid: config.auth_token, **config.api_keys}
    return frozenset(b"Basic " + base64.b64encode(f"{user}:{secret}".encode()) for user, secret in pairs.items())


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, TwilioError)
    return JSONResponse(error.as_json(), error.status)


async def _unknown(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code in (404, 405) and request.url.path.startswith(("/2010-04-01/", "/v1/")):
        return JSONResponse(TwilioError(20404).as_json(), 404)
    return JSONResponse({"error": error.detail}, error.status_code)


async def answer_after_accepting(request: Request, body: dict[str, object], status: int = 201) -> Response:
    """The answer to an accepted create: late, lost or replaced by an error if a fault says so."""
    sim = simulation(request)
    if sim.faults.chances:
        if slow := sim.faults.strike("slow_responses"):
            await sim.timeline.sleep(slow.seconds)
        if sim.faults.strike("lose_responses"):
            return DroppedConnection()
        if after := sim.faults.strike("server_errors_after"):
            error = TwilioError(20500, status=after.status)
            return JSONResponse(error.as_json(), error.status)
    return JSONResponse(body, status)


class DroppedConnection(Response):
    """No answer: the connection is cut (under a server other than uvicorn, an answer that breaks off)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = scope.get(_RAW_SEND, send)
        transport = getattr(getattr(raw, "__self__", None), "transport", None)
        if transport is not None:
            transport.abort()
            await asyncio.sleep(0.01)  # until the server has noticed, else it would try to answer 500
            return
        await send({"type": "http.response.start", "status": 201, "headers": [(b"content-length", b"1000")]})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
