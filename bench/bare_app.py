"""What the webhook is compared with: a bare FastAPI route that inserts one row in the same kind of database, and nothing else."""

from __future__ import annotations

import sys

import uvicorn
from fastapi import FastAPI, Request, Response
from sqlalchemy import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from starlette.concurrency import run_in_threadpool

from casefile.database import Database


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "row"
    id: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str]


def app(url: str) -> FastAPI:
    database = Database(url)
    Base.metadata.create_all(database.engine)
    made = FastAPI()

    def store(body: str) -> None:
        with database.write() as session:
            session.execute(insert(Row).values(body=body))

    @made.post("/twilio/messages")
    async def message(request: Request) -> Response:
        await run_in_threadpool(store, (await request.body()).decode())
        return Response("<Response/>", media_type="text/xml")

    return made


if __name__ == "__main__":
    uvicorn.run(app(sys.argv[1]), host="127.0.0.1", port=int(sys.argv[2]), log_config=None, access_log=False)
