"""Content templates in the REST API (content.twilio.com), and their approval by WhatsApp."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from messaging.simulator.addresses import iso8601, new_sid
from messaging.simulator.errors import TwilioError
from messaging.simulator.rest_messages import page_bounds
from messaging.simulator.simulation import Simulation, simulation
from messaging.simulator.store import Template

router = APIRouter(prefix="/v1")
STATUSES = ("unsubmitted", "received", "pending", "approved", "rejected", "paused", "disabled")


@router.post("/Content")
async def create(request: Request) -> Response:
    sim, given = simulation(request), await _object(request)
    types, variables = given.get("types"), given.get("variables") or {}
    if not isinstance(given.get("language"), str) or not isinstance(types, dict) or not types:
        raise TwilioError(20001, "language and types are required")
    if not isinstance(variables, dict) or not all(isinstance(v, str) for v in variables.values()):
        raise TwilioError(20001, "variables takes texts by name")
    now = sim.clock.now()
    template = Template(new_sid("HX"), str(given.get("friendly_name") or ""), given["language"], variables, types, now, now)
    sim.store.templates[template.sid] = template
    return JSONResponse(_content(sim, request, template), 201)


@router.get("/Content")
async def listing(request: Request) -> Response:
    sim = simulation(request)
    shown, meta = _page(sim, request, "Content")
    return JSONResponse({"contents": [_content(sim, request, t) for t in shown], "meta": meta})


@router.get("/ContentAndApprovals")
async def listing_with_approvals(request: Request) -> Response:
    sim = simulation(request)
    shown, meta = _page(sim, request, "ContentAndApprovals")
    contents = [_content(sim, request, t) | {"approval_requests": _approval(t)} for t in shown]
    for content in contents:
        del content["url"], content["links"]
    return JSONResponse({"contents": contents, "meta": meta})


@router.get("/Content/{sid}")
async def fetch(request: Request, sid: str) -> Response:
    sim = simulation(request)
    return JSONResponse(_content(sim, request, find(sim, sid)))


@router.delete("/Content/{sid}")
async def delete(request: Request, sid: str) -> Response:
    sim = simulation(request)
    del sim.store.templates[find(sim, sid).sid]
    return Response(status_code=204)


@router.post("/Content/{sid}/ApprovalRequests/whatsapp")
async def ask_approval(request: Request, sid: str) -> Response:
    sim, given = simulation(request), await _object(request)
    template = find(sim, sid)
    if not given.get("name") or given.get("category") not in ("UTILITY", "MARKETING", "AUTHENTICATION"):
        raise TwilioError(20001, "name and a category of UTILITY, MARKETING or AUTHENTICATION are required")
    template.name, template.category, template.status = str(given["name"]), given["category"], "received"
    answer = {k: v for k, v in _approval(template).items() if k != "type"}
    if sim.config.approve_templates:
        template.status = "approved"
    return JSONResponse(answer, 201)


@router.get("/Content/{sid}/ApprovalRequests")
async def fetch_approval(request: Request, sid: str) -> Response:
    sim = simulation(request)
    template = find(sim, sid)
    url = f"{_base(request)}/v1/Content/{sid}/ApprovalRequests"
    return JSONResponse({"sid": sid, "account_sid": sim.config.account_sid, "whatsapp": _approval(template), "url": url})


def find(sim: Simulation, sid: str) -> Template:
    """The template with this SID. Raises TwilioError 20404."""
    template = sim.store.templates.get(sid)
    if template is None:
        raise TwilioError(20404)
    return template


async def _object(request: Request) -> dict[str, Any]:
    try:
        given = await request.json()
    except ValueError:
        raise TwilioError(20001, "The body must be JSON") from None
    if not isinstance(given, dict):
        raise TwilioError(20001, "The body must be a JSON object")
    return given


def _base(request: Request) -> str:
    """Twilio's own host, as the real client must see it in links, or ours for anybody else."""
    host = request.headers.get("x-original-host")
    return f"https://{host}" if host else str(request.base_url).rstrip("/")


def _content(sim: Simulation, request: Request, t: Template) -> dict[str, Any]:
    url = f"{_base(request)}/v1/Content/{t.sid}"
    return {
        "sid": t.sid, "account_sid": sim.config.account_sid, "friendly_name": t.friendly_name, "language": t.language,
        "variables": t.variables, "types": t.types, "url": url, "date_created": iso8601(t.created), "date_updated": iso8601(t.updated),
        "links": {"approval_create": f"{url}/ApprovalRequests/whatsapp", "approval_fetch": f"{url}/ApprovalRequests"},
    }


def _approval(t: Template) -> dict[str, Any]:
    return {
        "type": "whatsapp", "name": t.name, "category": t.category, "content_type": next(iter(t.types), ""), "status": t.status,
        "rejection_reason": t.rejection_reason, "allow_category_change": True,
    }


def _page(sim: Simulation, request: Request, name: str) -> tuple[list[Template], dict[str, Any]]:
    size, page = page_bounds(request.query_params.get("PageSize"), request.query_params.get("Page"))
    found = list(sim.store.templates.values())

    def link(number: int) -> str:
        return f"{_base(request)}/v1/{name}?PageSize={size}&Page={number}"

    meta = {
        "page": page, "page_size": size, "first_page_url": link(0), "previous_page_url": link(page - 1) if page else None,
        "url": link(page), "next_page_url": link(page + 1) if len(found) > (page + 1) * size else None, "key": "contents",
    }
    return found[page * size : (page + 1) * size], meta
