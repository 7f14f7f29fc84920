"""Every table of the record."""

from casefile.models.base import Base, Word, Work
from casefile.models.contact import Alert, AlertEvent, CallAttempt, Checkin, Intervention, WelfareCall
from casefile.models.messages import DeliveryEvent, Inbound, Outbox, SenderBucket
from casefile.models.people import Address, Person, Plan, PlanChange
from casefile.models.records import Audit, Heartbeat, LiveEvent
from casefile.models.staff import OnCallShift, Staff, StaffSession

__all__ = [
    "Address", "Alert", "AlertEvent", "Audit", "Base", "CallAttempt", "Checkin", "DeliveryEvent", "Heartbeat",
    "Inbound", "Intervention", "LiveEvent", "OnCallShift", "Outbox", "Person", "Plan", "PlanChange", "SenderBucket",
    "Staff", "StaffSession", "WelfareCall", "Word", "Work",
]
