"""The queue: routine tasks, which alarm nobody and are done the same day."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from casefile.vocabulary import Urgency
from dashboard import lookups
from dashboard.alerts import cards
from dashboard.desk import Desk, signed_in

router = APIRouter()


def _list(desk: Desk) -> dict[str, object]:
    with desk.read() as session:
        found = cards(session, (Urgency.ROUTINE, Urgency.NONE))
        names = lookups.names(session)
    mine = desk.request.query_params.get("whose") == "mine"
    if mine:
        found = [c for c in found if desk.staff.id in (c.alert.assigned_to, c.person.caseworker_id if c.person else None)]
    return {"tasks": found, "names": names, "mine": mine}


@router.get("/queue")
def page(desk: Desk = Depends(signed_in)) -> Response:
    return desk.show("queue.html", **_list(desk))


@router.get("/queue/list")
def fragment(desk: Desk = Depends(signed_in)) -> Response:
    return desk.show("parts/queue.html", **_list(desk))
