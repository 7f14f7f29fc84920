"""create_app: the simulator as one FastAPI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from messaging.simulator import controls, phones, rest_account, rest_calls, rest_content, rest_messages
from messaging.simulator.config import Config
from messaging.simulator.door import SimulatorApp
from messaging.simulator.simulation import Simulation


def create_app(config: Config) -> FastAPI:
    """A new simulator with an empty memory; app.state.simulation is its inside. Its lifespan must run (a server sees to it)."""
    sim = Simulation(config)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await sim.start()
        try:
            yield
        finally:
            await sim.stop()

    app = SimulatorApp(sim, lifespan=lifespan)
    app.add_route("/2010-04-01/Accounts/{account_sid}/Messages.json", rest_messages.create, methods=["POST"])  # first and bare: the busiest
    for part in (rest_messages, rest_calls, rest_account, rest_content, phones, controls):
        app.include_router(part.router)
    return app
