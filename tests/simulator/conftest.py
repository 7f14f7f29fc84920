"""The real Twilio client, an app that only writes down what it is sent, and simulators for them to meet through."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import httpx
import pytest
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from messaging.simulator.config import DEMO_ACCOUNT_SID, DEMO_AUTH_TOKEN, Config
from messaging.simulator.serve import Running, running

OURS, ARTA, BINH = "+447700900000", "+447700900101", "+447700900102"
PUBLIC = "https://alongside.example"


@dataclass
class Webhook:
    """One request the app got: target is path and query as they came."""

    method: str
    target: str
    form: dict[str, str]
    headers: dict[str, str]

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    def is_signed(self, public_url: str = PUBLIC) -> bool:
        signature = self.headers["x-twilio-signature"]
        return RequestValidator(DEMO_AUTH_TOKEN).validate(public_url + self.target, self.form, signature)


@dataclass
class App:
    """An app that answers what it is told to: answers[path] is (status, body) or a function of the webhook giving that."""

    url: str = ""
    got: list[Webhook] = field(default_factory=list)
    answers: dict[str, object] = field(default_factory=dict)

    def at(self, path: str) -> list[Webhook]:
        return [webhook for webhook in self.got if webhook.path == path]

    def statuses(self, name: str = "MessageStatus") -> list[str]:
        return [webhook.form[name] for webhook in self.at("/twilio/status")]

    def wait_for(self, count: int, path: str, seconds: float = 5.0) -> list[Webhook]:
        until(lambda: len(self.at(path)) >= count, seconds)
        return self.at(path)


def until(done: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait for something that happens in another thread; fail if it does not."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


@pytest.fixture(scope="session")
def _server() -> Iterator[App]:
    app = App()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            webhook = Webhook(self.command, self.path, dict(parse_qsl(body, keep_blank_values=True)), headers)
            app.got.append(webhook)
            answer = app.answers.get(webhook.path, (200, ""))
            status, text = answer(webhook) if callable(answer) else answer
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(text.encode())))
            self._headers_buffer.append(b"\r\n" + text.encode())  # in one packet, else every answer takes 40 ms
            self.flush_headers()

        do_GET = do_POST = handle_any

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    app.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield app
    server.shutdown()


@pytest.fixture
def app(_server: App) -> App:
    _server.got.clear()
    _server.answers.clear()
    return _server


class Rebased(TwilioHttpClient):
    """The real client's requests, sent to the simulator instead of twilio.com."""

    def __init__(self, base: str) -> None:
        super().__init__(timeout=5)
        self._base = urlsplit(base)

    def request(self, method, url, *args, **kwargs):  # type: ignore[no-untyped-def, override]
        parts = urlsplit(url)
        kwargs["headers"] = {**(kwargs.get("headers") or {}), "X-Original-Host": parts.netloc}
        return super().request(method, urlunsplit((self._base.scheme, self._base.netloc, parts.path, parts.query, "")), *args, **kwargs)


@dataclass
class Bench:
    """One simulator with the real client on one side and the phones on the other."""

    running: Running
    client: Client
    http: httpx.Client

    def text(self, number: str, body: str | None = "hello", **more: object) -> dict:
        answer = self.http.post(f"/phones/{number}/texts", json={"body": body, "to": OURS, **more})
        assert answer.status_code in (201, 202), answer.text
        return answer.json()

    def thread(self, number: str, everything: bool = False) -> list[dict]:
        return self.http.get(f"/phones/{number}/texts", params={"all": "1"} if everything else {}).json()

    def calls(self, number: str) -> list[dict]:
        return self.http.get(f"/phones/{number}/calls").json()

    def faults(self, **faults: object) -> None:
        answer = self.http.put("/faults", json=faults)
        assert answer.status_code == 200, answer.text

    def send(self, to: str = ARTA, body: str = "How are you today?", **more: object):
        sender = f"whatsapp:{OURS}" if to.startswith("whatsapp:") else OURS
        return self.client.messages.create(**({"to": to, "from_": sender} | ({} if "content_sid" in more else {"body": body}) | more))


@pytest.fixture
def bench_with(app: App) -> Iterator[Callable[..., Bench]]:
    with ExitStack() as stack:

        def start(**settings: object) -> Bench:
            usual = {"public_url": PUBLIC, "deliver_url": app.url, "numbers": (OURS,), "pace": 0.0, "phones": ((ARTA, "Arta"),)}
            sim = stack.enter_context(running(Config(**(usual | settings))))
            client = Client(DEMO_ACCOUNT_SID, DEMO_AUTH_TOKEN, http_client=Rebased(sim.url))
            return Bench(sim, client, stack.enter_context(httpx.Client(base_url=sim.url, timeout=10)))

        yield start


@pytest.fixture(scope="session")
def _shared(_server: App) -> Iterator[Bench]:
    config = Config(public_url=PUBLIC, deliver_url=_server.url, numbers=(OURS,), pace=0.0, phones=((ARTA, "Arta"),))
    with running(config) as sim, httpx.Client(base_url=sim.url, timeout=10) as http:
        yield Bench(sim, Client(DEMO_ACCOUNT_SID, DEMO_AUTH_TOKEN, http_client=Rebased(sim.url)), http)


@pytest.fixture
def bench(_shared: Bench, app: App) -> Bench:
    """A simulator at no pace, emptied: everything happens at once."""
    sim = _shared.running.simulation
    _shared.http.delete("/faults")
    until(lambda: sim.delivery.idle)
    sim.timeline._due.clear()
    sim.clock.__init__()  # type: ignore[misc]
    sim.store.__init__()  # type: ignore[misc]
    sim.own(OURS)
    sim.store.phone(ARTA).name = "Arta"
    app.got.clear()
    return _shared
