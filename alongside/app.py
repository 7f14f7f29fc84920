"""The web program: Twilio's door and the caseworkers' dashboard in one FastAPI app."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse

import dashboard.routes
import webhooks.routes
from alongside.wiring import House

log = logging.getLogger(__name__)


def create_app(house: House) -> FastAPI:
    """The app over a wired house; closing the app closes the house's database."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        house.close()

    app = FastAPI(title="Alongside", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    webhooks.routes.mount(app, database=house.database, settings=house.settings, book=house.book)
    dashboard.routes.mount(app, database=house.database, settings=house.settings, catalogue=house.catalogue, translator=house.translator)

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> PlainTextResponse:
        # The page says nothing of what was asked; the log names the route's pattern, never the address with its ids.
        route = request.scope.get("route")
        log.error("%s %s failed: %s", request.method, getattr(route, "path", "?"), type(error).__name__, exc_info=error)
        return PlainTextResponse("Something went wrong here. It was written down; please try again.", status_code=500)

    return app
