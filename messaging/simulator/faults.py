"""What goes wrong, how often, and the same way again for the same seed (PUT, GET, DELETE /faults)."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from messaging.simulator.addresses import bare, is_bsuid, is_e164

# Faults that strike by chance or a number of times: what each does, and which details it takes.
CHANCES: dict[str, tuple[str, ...]] = {
    "too_many_requests": (),  # 429 to a create, nothing accepted
    "server_errors_before": ("status",),  # 5xx to a create, nothing accepted
    "server_errors_after": ("status",),  # 5xx to a create, yet accepted and sent
    "lose_responses": (),  # accepted and sent; the connection drops before the answer
    "slow_responses": ("seconds",),  # accepted and sent; the answer waits
    "api_down": ("status",),  # 5xx to any REST request, nothing done
    "callbacks_first": (),  # the first status callback arrives before the create is answered
    "delay_webhooks": ("seconds",),  # an incoming text reaches the app late
    "duplicate_webhooks": ("copies",),  # an incoming text reaches the app more than once
    "lose_webhooks": (),  # an incoming text reaches Twilio's list but not the app
    "delay_statuses": ("seconds",),
    "duplicate_statuses": ("copies",),
    "reorder_statuses": (),
    "lose_statuses": (),
    "late_delivery": ("seconds",),  # the phone was off: sent now, delivered later
    "no_receipts": (),  # the carrier never confirms: "sent" is the last status
}
STOP_MODES = ("off", "default", "advanced")


class FaultError(ValueError):
    """A PUT /faults that cannot be understood; the text says what is wrong."""


@dataclass(slots=True)
class Fault:
    """One kind of trouble. Strikes the next `next` times if that is set, otherwise with this probability.

    seconds are on the simulator's clock; copies are extra ones; status is an HTTP status of 500 or more.
    """

    probability: float = 0.0
    next: int = 0
    seconds: float = 5.0
    copies: int = 1
    status: int = 500

    def strikes(self, dice: random.Random) -> bool:
        """Whether it strikes now."""
        if self.next > 0:
            self.next -= 1
            return True
        return self.probability > 0 and dice.random() < self.probability


@dataclass(slots=True)
class Failure:
    """Messages to one address fail with this code: always, or the next few times."""

    code: int
    next: int | None = None


@dataclass
class Faults:
    """All trouble in force. chances holds what strikes by chance; the rest is per number or a switch."""

    seed: int = 0
    chances: dict[str, Fault] = field(default_factory=dict)
    failures: dict[str, Failure] = field(default_factory=dict)
    opted_out: set[str] = field(default_factory=set)
    not_on_whatsapp: set[str] = field(default_factory=set)
    without_number: dict[str, str] = field(default_factory=dict)
    stop_keywords: str = "off"
    clock_factor: float = 1.0
    _dice: dict[str, random.Random] = field(default_factory=dict)

    def strike(self, name: str) -> Fault | None:
        """The fault of this name if it strikes now, else None. Each name draws from its own seeded dice."""
        fault = self.chances.get(name)
        if fault is None:
            return None
        dice = self._dice.setdefault(name, random.Random(f"{self.seed}:{name}"))
        return fault if fault.strikes(dice) else None

    def failure_for(self, address: str, number: str) -> int | None:
        """The error code with which a message to this address of this phone fails now, or None."""
        found = self.failures.get(address) or self.failures.get(number)
        if found is None or found.next == 0:
            return None
        if found.next is not None:
            found.next -= 1
        return found.code

    def change(self, given: Mapping[str, Any]) -> None:
        """Set the named faults and leave the others; None turns one off. All or nothing. Raises FaultError."""
        fresh = Faults(self.seed)
        for name, value in given.items():
            fresh._take(name, value)
        for name in given:
            if name in CHANCES:
                self.chances.pop(name, None)
                self.chances |= {name: fresh.chances[name]} if name in fresh.chances else {}
            else:
                setattr(self, name, getattr(fresh, name))
        if "seed" in given:
            self._dice.clear()

    def _take(self, name: str, value: Any) -> None:
        match name:
            case _ if name in CHANCES:
                if value is not None:
                    self.chances[name] = _chance(name, value)
            case "failures":
                self.failures = {_address(k): _failure(v) for k, v in _mapping(name, value).items()}
            case "opted_out" | "not_on_whatsapp":
                if not isinstance(value or [], list):
                    raise FaultError(f"{name} takes a list of numbers")
                setattr(self, name, {_address(v) for v in value or []})
            case "without_number":
                self.without_number = {_address(k): str(v) for k, v in _mapping(name, value).items()}
                if not all(is_bsuid(v) for v in self.without_number.values()):
                    raise FaultError("without_number takes numbers with ids such as GB.1A2B3C")
            case "stop_keywords":
                self.stop_keywords = value or "off"
                if self.stop_keywords not in STOP_MODES:
                    raise FaultError(f"stop_keywords is one of {', '.join(STOP_MODES)}")
            case "clock_factor":
                self.clock_factor = _number(name, value if value is not None else 1.0)
                if self.clock_factor <= 0:
                    raise FaultError("clock_factor must be above zero")
            case "seed":
                self.seed = int(_number(name, value or 0))
            case _:
                known = [*CHANCES, "failures", "opted_out", "not_on_whatsapp", "without_number", "stop_keywords", "clock_factor", "seed"]
                raise FaultError(f"no fault is called {name[:40]!r}; known: {', '.join(known)}")

    def as_json(self) -> dict[str, Any]:
        """What is in force, in the form that change() takes."""
        shown: dict[str, Any] = {}
        for name, fault in self.chances.items():
            often = {"next": fault.next} if fault.next or not fault.probability else {"probability": fault.probability}
            shown[name] = often | {detail: getattr(fault, detail) for detail in CHANCES[name]}
        shown["failures"] = {a: {"code": f.code} | ({} if f.next is None else {"next": f.next}) for a, f in self.failures.items()}
        shown |= {"opted_out": sorted(self.opted_out), "not_on_whatsapp": sorted(self.not_on_whatsapp)}
        shown |= {"without_number": self.without_number, "stop_keywords": self.stop_keywords}
        return shown | {"clock_factor": self.clock_factor, "seed": self.seed}


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FaultError(f"{name} takes a number")
    return value


def _mapping(name: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value or {}, Mapping):
        raise FaultError(f"{name} takes an object of number: value")
    return value or {}


def _address(value: Any) -> str:
    if not isinstance(value, str) or not is_e164(bare(value)):
        raise FaultError("numbers are full international ones such as +447700900123, with whatsapp: before them for that channel only")
    return value


def _failure(value: Any) -> Failure:
    given = value if isinstance(value, Mapping) else {"code": value}
    left = given.get("next")
    return Failure(int(_number("failures", given.get("code"))), None if left is None else int(_number("next", left)))


def _chance(name: str, value: Any) -> Fault:
    given = value if isinstance(value, Mapping) else {"probability": 1.0 if value is True else 0.0 if value is False else value}
    allowed = {"probability", "next", *CHANCES[name]}
    if extra := set(given) - allowed:
        raise FaultError(f"{name} does not take {', '.join(sorted(map(str, extra)))}; it takes {', '.join(sorted(allowed))}")
    if "probability" in given and "next" in given:
        raise FaultError(f"{name}: give either probability or next")
    fault = Fault(probability=0.0 if "next" in given else 1.0)
    for key, detail in given.items():
        setattr(fault, key, type(getattr(fault, key))(_number(f"{name}.{key}", detail)))
    if not 0 <= fault.probability <= 1 or fault.next < 0 or fault.seconds < 0 or fault.copies < 0 or not 500 <= fault.status <= 599:
        raise FaultError(f"{name}: a value is out of range")
    return fault
