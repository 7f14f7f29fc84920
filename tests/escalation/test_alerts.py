"""Alerts over a real record: one incident is one alert, urgency only rises, and only a named person ends it."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from casefile.models import Alert, AlertEvent, Audit, Intervention, LiveEvent, Outbox, Person
from casefile.vocabulary import AlertKind, AlertState, Channel, Concern, Lane, OutboxState, Purpose, Role, Urgency
from escalation import alerts, interventions
from escalation.alerts import AlertGone, AlreadyTaken, acknowledge, assign, eased, raise_alert, resolve, resolve_system
from escalation.interventions import Done, InterventionWrong
from escalation.run import escalate_due
from escalation.takeover import InUse, hand_back, take_over
from messaging import outbox
from tests.cast import NOW, person, staff

MINUTE = dt.timedelta(minutes=1)


class World:
    """Three colleagues and a person."""

    def __init__(self, database):
        self.database = database
        with database.write() as session:
            self.sam = staff(session).id
            self.alex = staff(session, "Alex", phone="+447700900802", on_call=1).id
            self.mo = staff(session, "Mo", role=Role.MANAGER, phone="+447700900803", on_call=None).id
            self.arta = person(session).id
            self.linh = person(session, "LINH", "vi", "+447700900202").id

    def do(self, act, *args, **kwargs):
        with self.database.write() as session:
            return act(session, *args, **kwargs)

    def raised(self, key="m:1", urgency=Urgency.URGENT, kind=AlertKind.MESSAGE, now=NOW, person_id=0, **more):
        return self.do(raise_alert, key=key, kind=kind, urgency=urgency, now=now, person_id=self.arta if person_id == 0 else person_id, **more).id

    def all(self, model):
        with self.database.read() as session:
            return list(session.scalars(select(model).order_by(model.id)))

    def alert(self, alert_id):
        with self.database.read() as session:
            return session.get_one(Alert, alert_id)

    def paged(self):
        return [p.staff_id for p in self.all(Outbox) if p.purpose is Purpose.PAGE]

    def events(self):
        return [e.what for e in self.all(AlertEvent)]


@pytest.fixture
def world(database):
    return World(database)


def test_an_alarm_pages_the_person_on_call_with_the_reference_only(world):
    alert = world.alert(world.raised(concerns=[Concern.THREATS], why=["secret words"]))
    assert (alert.state, alert.step, alert.run_at, alert.lane) == (AlertState.OPEN, 1, NOW + 15 * MINUTE, Lane.DANGER)
    [page] = world.all(Outbox)
    assert (page.staff_id, page.lane, page.body) == (world.sam, Lane.DANGER, "Alongside: URGENT. Please open the dashboard. Ref ARTA")
    assert world.events() == ["opened", "paged"]
    assert [(e.kind, e.person_id) for e in world.all(LiveEvent)] == [("alert", world.arta)]


def test_a_task_pages_nobody_and_is_due_by_the_end_of_the_day(world):
    alert = world.alert(world.raised(urgency=Urgency.ROUTINE))
    assert (alert.run_at, alert.lane, world.paged()) == (NOW.replace(hour=17), Lane.LADDER, [])


def test_the_same_cause_raises_nothing_twice_even_after_it_was_resolved(world):
    first = world.raised()
    world.do(resolve, first, world.sam, "safe", "", NOW)
    assert world.raised() == first
    assert world.alert(first).state is AlertState.RESOLVED
    assert len(world.paged()) == 1


def test_not_acknowledged_it_goes_to_the_next_then_the_manager_again_and_again(world):
    world.raised(urgency=Urgency.IMMEDIATE)
    for n in range(1, 4):
        assert escalate_due(world.database, "test", NOW + (5 * n - 1) * MINUTE) == 0
        assert escalate_due(world.database, "test", NOW + 5 * n * MINUTE) == 1
    assert world.paged() == [world.sam, world.alex, world.mo, world.mo]
    assert world.events().count("not acknowledged in time") == 3


def test_with_nobody_on_call_everybody_is_paged_and_the_alert_says_so(world):
    with world.database.write() as session:
        from casefile.models import OnCallShift
        session.query(OnCallShift).delete()
    world.raised()
    assert world.paged() == [world.sam, world.alex, world.mo]
    assert "nobody on call" in world.events()


def test_with_nobody_to_page_at_all_the_alert_says_so_and_keeps_its_timer(world):
    with world.database.write() as session:
        from casefile.models import Staff
        session.query(Staff).update({Staff.phone: None})
    alert = world.alert(world.raised())
    assert (world.paged(), alert.run_at, "nobody on call" in world.events()) == ([], NOW + 15 * MINUTE, True)


def test_inactive_colleagues_are_not_paged(world):
    with world.database.write() as session:
        from casefile.models import Staff
        session.get_one(Staff, world.sam).active = False
    world.raised()
    assert world.paged() == [world.alex]


# One incident, one alert

def test_messages_of_one_person_are_one_alarm_with_all_reasons(world):
    first = world.raised("m:1", why=["one"], concerns=["threats"])
    assert world.raised("m:2", why=["two"], concerns=["threats", "medical"], now=NOW + MINUTE) == first
    alert = world.alert(first)
    assert (alert.messages, alert.why, alert.concerns, alert.last_message_at) == (2, ["one", "two"], ["threats", "medical"], NOW + MINUTE)
    assert len(world.paged()) == 1


def test_two_people_are_two_alerts(world):
    assert world.raised("m:1") != world.raised("m:2", person_id=world.linh)


@pytest.mark.parametrize("kind", [AlertKind.SILENCE, AlertKind.STOPPED, AlertKind.DELIVERY, AlertKind.SYSTEM, AlertKind.PATTERN])
def test_other_kinds_stay_alerts_of_their_own(world, kind):
    assert world.raised("m:1") != world.raised("s:1", kind=kind)


def test_a_task_does_not_hide_in_an_alarm_nor_an_alarm_in_a_task(world):
    task = world.raised("m:1", Urgency.ROUTINE)
    alarm = world.raised("m:2", Urgency.URGENT)
    assert task != alarm
    assert world.raised("m:3", Urgency.ROUTINE) == task


def test_tasks_of_another_day_are_tasks_of_their_own(world):
    assert world.raised("m:1", Urgency.ROUTINE) != world.raised("m:2", Urgency.ROUTINE, now=NOW + dt.timedelta(hours=13))


def test_urgency_rises_and_pages_again_but_never_falls(world):
    alert_id = world.raised("m:1", Urgency.URGENT)
    world.raised("m:2", Urgency.IMMEDIATE, now=NOW + MINUTE)
    assert (world.alert(alert_id).urgency, world.alert(alert_id).run_at) == (Urgency.IMMEDIATE, NOW + 6 * MINUTE)
    world.raised("m:3", Urgency.URGENT, now=NOW + 2 * MINUTE)
    assert world.alert(alert_id).urgency is Urgency.IMMEDIATE
    assert world.paged() == [world.sam, world.sam]
    assert world.events() == ["opened", "paged", "another message", "rose", "paged", "another message"]


def test_duress_marks_the_alarm_it_joins(world):
    alert_id = world.raised("m:1")
    world.raised("m:2", Urgency.IMMEDIATE, AlertKind.DURESS)
    assert world.alert(alert_id).kind is AlertKind.DURESS


def test_a_new_alarm_after_the_acknowledgement_opens_it_again_and_pages(world):
    alert_id = world.raised("m:1")
    world.do(acknowledge, alert_id, world.sam, NOW)
    world.raised("m:2", now=NOW + 10 * MINUTE)
    alert = world.alert(alert_id)
    assert (alert.state, alert.acknowledged_by, alert.run_at) == (AlertState.OPEN, None, NOW + 25 * MINUTE)
    assert len(world.paged()) == 2


def write(world, at):
    """Sam, who holds the conversation, writes to her."""
    world.do(outbox.queue, dedupe=f"h:{at}", purpose=Purpose.HUMAN, channel=Channel.SMS, body="-", now=at, person_id=world.arta)


@pytest.mark.parametrize(("first", "wrote", "urgency", "after", "state"), [
    (Urgency.URGENT, None, Urgency.URGENT, 59, AlertState.ACKNOWLEDGED), (Urgency.URGENT, None, Urgency.URGENT, 60, AlertState.OPEN),
    (Urgency.URGENT, 50, Urgency.URGENT, 100, AlertState.ACKNOWLEDGED), (Urgency.URGENT, None, Urgency.IMMEDIATE, 1, AlertState.OPEN),
    (Urgency.IMMEDIATE, None, Urgency.IMMEDIATE, 14, AlertState.ACKNOWLEDGED), (Urgency.IMMEDIATE, None, Urgency.IMMEDIATE, 15, AlertState.OPEN),
    (Urgency.IMMEDIATE, 10, Urgency.IMMEDIATE, 24, AlertState.ACKNOWLEDGED), (Urgency.IMMEDIATE, None, Urgency.IMMEDIATE, 14 * 60, AlertState.OPEN),
])
def test_only_while_a_colleague_writes_with_her_does_no_worse_a_danger_page_nobody(world, first, wrote, urgency, after, state):
    alert_id = world.raised("m:1", first)
    world.do(acknowledge, alert_id, world.sam, NOW)
    world.do(take_over, world.arta, world.sam, NOW)
    if wrote:
        write(world, NOW + wrote * MINUTE)
    world.raised("m:2", urgency, now=NOW + after * MINUTE)
    assert (world.alert(alert_id).state, len(world.paged())) == (state, 2 if state is AlertState.OPEN else 1)
    assert world.alert(alert_id).run_at > NOW + after * MINUTE


def test_a_danger_that_the_colleague_who_writes_with_her_leaves_unanswered_opens_it_again(world):
    alert_id = world.raised("m:1", Urgency.IMMEDIATE)
    world.do(acknowledge, alert_id, world.sam, NOW)
    world.do(take_over, world.arta, world.sam, NOW)

    def wakes(minute):
        woken = escalate_due(world.database, "test", NOW + minute * MINUTE)
        return woken, world.alert(alert_id).state, len(world.paged())

    world.raised("m:2", Urgency.IMMEDIATE, now=NOW + MINUTE)
    write(world, NOW + 2 * MINUTE)
    assert wakes(6) == (1, AlertState.ACKNOWLEDGED, 1), "answered"
    world.raised("m:3", Urgency.IMMEDIATE, now=NOW + 7 * MINUTE)
    write(world, NOW + 9 * MINUTE)
    world.raised("m:4", Urgency.IMMEDIATE, now=NOW + 10 * MINUTE)
    assert wakes(11) == (0, AlertState.ACKNOWLEDGED, 1)
    assert wakes(12) == (1, AlertState.ACKNOWLEDGED, 1), "she has just written"
    world.do(hand_back, world.arta, world.sam, NOW + 13 * MINUTE)
    assert wakes(14) == (1, AlertState.OPEN, 2), "and went home"
    assert world.alert(alert_id).run_at == NOW + 19 * MINUTE


def test_a_duress_word_to_the_colleague_who_writes_with_her_pages_at_once(world):
    alert_id = world.raised("m:1", Urgency.IMMEDIATE)
    world.do(acknowledge, alert_id, world.sam, NOW)
    world.do(take_over, world.arta, world.sam, NOW)
    world.raised("m:2", Urgency.IMMEDIATE, kind=AlertKind.DURESS, now=NOW + MINUTE)
    assert (world.alert(alert_id).state, len(world.paged())) == (AlertState.OPEN, 2)


def test_words_sent_before_the_danger_could_be_seen_are_no_answer_to_it(world):
    alert_id = world.raised("m:1", Urgency.IMMEDIATE)
    world.do(acknowledge, alert_id, world.sam, NOW)
    world.do(take_over, world.arta, world.sam, NOW)
    world.raised("m:2", Urgency.IMMEDIATE, now=NOW + MINUTE)
    write(world, NOW + MINUTE + dt.timedelta(seconds=2))
    for minute in (6, 7):
        escalate_due(world.database, "test", NOW + minute * MINUTE)
    assert (world.alert(alert_id).state, len(world.paged())) == (AlertState.OPEN, 2)


def test_after_the_acknowledgement_of_a_task_ten_texts_are_one_new_task(world):
    first = world.raised("m:0", Urgency.ROUTINE)
    world.do(acknowledge, first, world.sam, NOW)
    [second] = {world.raised(f"m:{n}", Urgency.ROUTINE, now=NOW + n * MINUTE) for n in range(1, 11)}
    assert (world.alert(first).state, world.alert(first).messages) == (AlertState.ACKNOWLEDGED, 1)
    assert (world.alert(second).messages, world.alert(second).run_at) == (10, NOW.replace(hour=17))


def test_after_it_was_resolved_a_new_alarm_is_a_new_alert(world):
    alert_id = world.raised("m:1")
    world.do(resolve, alert_id, world.sam, "safe", "spoke with her", NOW)
    assert world.raised("m:2") != alert_id


def test_an_unknown_sender_s_next_text_joins_the_alert_it_is_said_to_belong_to(world):
    first = world.raised("u:1", Urgency.ROUTINE, AlertKind.UNKNOWN_SENDER, person_id=None)
    assert world.raised("u:2", Urgency.ROUTINE, AlertKind.UNKNOWN_SENDER, person_id=None, joins=first) == first
    assert world.raised("u:3", Urgency.ROUTINE, AlertKind.UNKNOWN_SENDER, person_id=None) != first
    world.do(acknowledge, first, world.sam, NOW)
    assert world.raised("u:4", Urgency.ROUTINE, AlertKind.UNKNOWN_SENDER, person_id=None, joins=first) != first


def test_the_reasons_kept_are_the_newest_and_not_without_end(world):
    alert_id = world.raised("m:0")
    for n in range(40):
        world.raised(f"m:{n + 1}", why=[f"reason {n}"])
    assert world.alert(alert_id).why == [f"reason {n}" for n in range(10, 40)]


def test_two_messages_at_the_same_moment_are_one_alert(world):
    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(lambda n: world.raised(f"m:{n}"), range(4)))
    assert len(set(ids)) == 1
    assert world.alert(ids[0]).messages == 4
    assert len(world.paged()) == 1


# Only people end it

def test_acknowledging_stops_the_timer_and_names_who(world):
    alert_id = world.raised()
    alert = world.do(acknowledge, alert_id, world.alex, NOW + MINUTE)
    assert (alert.state, alert.acknowledged_by, alert.assigned_to, alert.run_at) == (AlertState.ACKNOWLEDGED, world.alex, world.alex, None)
    assert escalate_due(world.database, "test", NOW + dt.timedelta(days=9)) == 0
    assert [(a.action, a.staff_id, a.person_id) for a in world.all(Audit)] == [("alert acknowledged", world.alex, world.arta)]


def test_two_colleagues_cannot_both_have_it_and_the_same_one_twice_is_no_error(world):
    alert_id = world.raised()
    world.do(acknowledge, alert_id, world.alex, NOW)
    world.do(acknowledge, alert_id, world.alex, NOW)
    with pytest.raises(AlreadyTaken):
        world.do(acknowledge, alert_id, world.sam, NOW)
    assert world.events().count("acknowledged") == 1


@pytest.mark.parametrize("act", [lambda s, i, who: acknowledge(s, i, who, NOW), lambda s, i, who: assign(s, i, who, who, NOW),
                                 lambda s, i, who: resolve(s, i, who, "safe", "", NOW)])
def test_what_is_resolved_or_unknown_cannot_be_changed(world, act):
    alert_id = world.raised()
    world.do(resolve, alert_id, world.sam, "safe", "", NOW)
    for gone in (alert_id, 999):
        with pytest.raises(AlertGone):
            world.do(act, gone, world.alex)


def test_assigning_does_not_acknowledge(world):
    alert_id = world.raised()
    world.do(assign, alert_id, world.alex, world.mo, NOW)
    assert (world.alert(alert_id).assigned_to, world.alert(alert_id).state) == (world.alex, AlertState.OPEN)
    assert world.alert(alert_id).run_at is not None


def test_resolving_needs_an_outcome_of_the_list(world):
    alert_id = world.raised()
    with pytest.raises(ValueError, match="outcome"):
        world.do(resolve, alert_id, world.sam, "nothing", "", NOW)
    alert = world.do(resolve, alert_id, world.sam, "safe", "spoke with her", NOW)
    assert (alert.state, alert.acknowledged_by, alert.outcome, alert.outcome_note, alert.run_at) == (AlertState.RESOLVED, world.sam, "safe",
                                                                                                  "spoke with her", None)


def test_a_calm_answer_is_shown_on_her_alarms_and_closes_nothing(world):
    alert_id, task = world.raised("m:1"), world.raised("m:2", Urgency.ROUTINE)
    other = world.raised("m:3", person_id=world.linh)
    world.do(eased, world.arta, NOW + MINUTE)
    marked = [e.alert_id for e in world.all(AlertEvent) if e.what == "a calm answer came since"]
    assert marked == [alert_id]
    assert all(world.alert(i).state is AlertState.OPEN and world.alert(i).run_at is not None for i in (alert_id, task, other))


def test_only_alerts_about_our_own_programs_end_by_themselves(world):
    system = world.raised("system:bot:1", kind=AlertKind.SYSTEM, person_id=None)
    hers = world.raised("system:bot:2", kind=AlertKind.SYSTEM)
    message = world.raised("system:bot:3", kind=AlertKind.MESSAGE)
    world.do(resolve_system, "system:bot:", "answers again", NOW)
    assert [world.alert(i).state for i in (system, hers, message)] == [AlertState.RESOLVED, AlertState.OPEN, AlertState.OPEN]
    assert world.alert(system).run_at is None


def test_every_outcome_has_its_words():
    assert all(words and key == key.lower() for key, words in alerts.OUTCOMES.items())


# Taking a conversation over

def test_taking_over_silences_the_machine_and_handing_back_lets_it_speak(world):
    with world.database.write() as session:
        outbox.queue(session, dedupe="r", purpose=Purpose.REPLY, channel=Channel.SMS, body="-", now=NOW, person_id=world.arta)
        outbox.queue(session, dedupe="h", purpose=Purpose.HUMAN, channel=Channel.SMS, body="-", now=NOW, person_id=world.arta)
        session.get_one(Person, world.arta).awaiting = "checkin"
    taken = world.do(take_over, world.arta, world.sam, NOW)
    assert (taken.taken_over_by, taken.taken_over_at, taken.awaiting) == (world.sam, NOW, "")
    assert [o.state for o in world.all(Outbox)] == [OutboxState.CANCELLED, OutboxState.READY]
    world.do(take_over, world.arta, world.sam, NOW + MINUTE)
    assert world.do(hand_back, world.arta, world.sam, NOW).taken_over_by is None
    world.do(hand_back, world.arta, world.sam, NOW)
    assert [a.action for a in world.all(Audit)] == ["took the conversation over", "handed the conversation back"]


def test_a_colleague_cannot_take_it_away_but_a_manager_can_end_it(world):
    world.do(take_over, world.arta, world.sam, NOW)
    for act in (take_over, hand_back):
        with pytest.raises(InUse):
            world.do(act, world.arta, world.alex, NOW)
    assert world.do(hand_back, world.arta, world.mo, NOW, by_manager=True).taken_over_at is None


# What was done

def test_an_intervention_keeps_facts_and_opinion_apart(world):
    alert_id = world.raised()
    world.do(interventions.record, world.arta, world.sam, Done("housing_move", "consent", " Moved her. ", " I think she is calmer. ", "Council", 40), NOW, alert_id)
    [row] = world.all(Intervention)
    assert (row.type, row.facts, row.opinion, row.organisation, row.minutes, row.alert_id, row.outcome) == (
        "housing_move", "Moved her.", "I think she is calmer.", "Council", 40, alert_id, None)


@pytest.mark.parametrize(("done", "field"), [
    (Done("dancing", "consent", "x"), "type"), (Done("medical", "because", "x"), "consent_basis"), (Done("medical", "consent", "  "), "facts"),
    (Done("medical", "consent", "x", minutes=-1), "minutes"), (Done("medical", "consent", "x", minutes=9999), "minutes"),
])
def test_an_intervention_that_is_wrong_names_the_field_and_writes_nothing(world, done, field):
    with pytest.raises(InterventionWrong) as wrong:
        world.do(interventions.record, world.arta, world.sam, done, NOW)
    assert list(wrong.value.problems) == [field]
    assert world.all(Intervention) == []
