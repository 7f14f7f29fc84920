"""Counters of the door, in a registry of their own; nothing personal is a label."""

from prometheus_client import CollectorRegistry, Counter

REGISTRY = CollectorRegistry()
STORED = Counter("alongside_received", "Messages received, by what became of them at the door", ["outcome"], registry=REGISTRY)
REFUSED = Counter("alongside_refused", "Requests refused at the door", ["why"], registry=REGISTRY)
