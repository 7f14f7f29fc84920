"""The simulator's answers against Twilio's own OpenAPI documents."""

import json
import os
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from messaging.simulator.config import DEMO_ACCOUNT_SID, DEMO_AUTH_TOKEN
from tests.simulator.conftest import ARTA, OURS, Bench

SHARED = Path(os.environ.get("ALONGSIDE_SHARED") or Path(__file__).resolve().parents[2].parent / "shared") / "twilio-oai"
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="Twilio's OpenAPI documents are not here (ALONGSIDE_SHARED)")

AC = f"/2010-04-01/Accounts/{DEMO_ACCOUNT_SID}"


@cache
def document(name: str) -> dict:
    return json.loads((SHARED / name).read_text())


def plain(schema: object, components: dict) -> object:
    """OpenAPI 3.0 as JSON Schema: references followed, nullable spelt out."""
    if isinstance(schema, list):
        return [plain(item, components) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return plain(components[schema["$ref"].rpartition("/")[2]], components)
    found = {k: plain(v, components) for k, v in schema.items() if k not in ("nullable", "description", "example")}
    return {"anyOf": [found, {"type": "null"}]} if schema.get("nullable") else found


def check(spec: str, path: str, method: str, status: int, answer: dict) -> None:
    doc = document(spec)
    content = doc["paths"][path][method]["responses"][str(status)]["content"]
    schema = plain(content["application/json"]["schema"], doc["components"]["schemas"])
    Draft202012Validator(schema).validate(answer)
    assert set(answer) == set(schema["properties"]), "the same fields as Twilio's, no more and no fewer"


def ask(bench: Bench, method: str, path: str, expect: int = 200, **kwargs) -> dict:
    answer = bench.http.request(method, path, auth=(DEMO_ACCOUNT_SID, DEMO_AUTH_TOKEN), **kwargs)
    assert answer.status_code == expect, answer.text
    return answer.json()


def test_messages_media_account_and_numbers(bench: Bench) -> None:
    spec, base = "twilio_api_v2010.json", "/2010-04-01/Accounts/{AccountSid}"
    made = ask(bench, "POST", f"{AC}/Messages.json", 201, data={"To": ARTA, "From": OURS, "Body": "Përshëndetje"})
    check(spec, f"{base}/Messages.json", "post", 201, made)
    check(spec, f"{base}/Messages/{{Sid}}.json", "get", 200, ask(bench, "GET", made["uri"]))
    check(spec, f"{base}/Messages/{{Sid}}.json", "post", 200, ask(bench, "POST", made["uri"], data={"Body": ""}))
    bench.faults(failures={ARTA: 30003})
    failed = ask(bench, "POST", f"{AC}/Messages.json", 201, data={"To": ARTA, "From": OURS, "Body": "x"})
    check(spec, f"{base}/Messages/{{Sid}}.json", "get", 200, ask(bench, "GET", failed["uri"]))
    sid = bench.text(ARTA, "look", media=["image/png"])["sid"]
    listing = ask(bench, "GET", f"{AC}/Messages.json?PageSize=2")
    check(spec, f"{base}/Messages.json", "get", 200, listing)
    assert listing["next_page_uri"] and len(listing["messages"]) == 2
    media = ask(bench, "GET", f"{AC}/Messages/{sid}/Media.json")
    check(spec, f"{base}/Messages/{{MessageSid}}/Media.json", "get", 200, media)
    check(spec, f"{base}/Messages/{{MessageSid}}/Media/{{Sid}}.json", "get", 200, ask(bench, "GET", media["media_list"][0]["uri"]))
    check(spec, "/2010-04-01/Accounts/{Sid}.json", "get", 200, ask(bench, "GET", f"{AC}.json"))
    numbers = ask(bench, "GET", f"{AC}/IncomingPhoneNumbers.json")
    check(spec, f"{base}/IncomingPhoneNumbers.json", "get", 200, numbers)
    check(spec, f"{base}/IncomingPhoneNumbers/{{Sid}}.json", "get", 200, ask(bench, "GET", numbers["incoming_phone_numbers"][0]["uri"]))


def test_calls(bench: Bench) -> None:
    spec, base = "twilio_api_v2010.json", "/2010-04-01/Accounts/{AccountSid}"
    bench.http.put(f"/phones/{ARTA}/voice", json={"answer": "machine"})
    form = {"To": ARTA, "From": OURS, "Twiml": "<Response><Hangup/></Response>", "MachineDetection": "Enable"}
    made = ask(bench, "POST", f"{AC}/Calls.json", 201, data=form)
    check(spec, f"{base}/Calls.json", "post", 201, made)
    check(spec, f"{base}/Calls/{{Sid}}.json", "get", 200, ask(bench, "GET", made["uri"]))
    check(spec, f"{base}/Calls.json", "get", 200, ask(bench, "GET", f"{AC}/Calls.json"))


def test_content(bench: Bench) -> None:
    spec, template = "twilio_content_v1.json", {"language": "en", "types": {"twilio/text": {"body": "Hello {{1}}"}}, "variables": {"1": "you"}}
    made = ask(bench, "POST", "/v1/Content", 201, json=template)
    check(spec, "/v1/Content", "post", 201, made)
    check(spec, "/v1/Content/{Sid}", "get", 200, ask(bench, "GET", f"/v1/Content/{made['sid']}"))
    wanted = {"name": "weekly", "category": "UTILITY"}
    approval = ask(bench, "POST", f"/v1/Content/{made['sid']}/ApprovalRequests/whatsapp", 201, json=wanted)
    check(spec, "/v1/Content/{ContentSid}/ApprovalRequests/whatsapp", "post", 201, approval)
    check(spec, "/v1/Content/{Sid}/ApprovalRequests", "get", 200, ask(bench, "GET", f"/v1/Content/{made['sid']}/ApprovalRequests"))
    check(spec, "/v1/Content", "get", 200, ask(bench, "GET", "/v1/Content"))
    check(spec, "/v1/ContentAndApprovals", "get", 200, ask(bench, "GET", "/v1/ContentAndApprovals"))
