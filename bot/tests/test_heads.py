"""Learning and judging, on a small lesson whose meaning is plain to see."""

import numpy as np
import pytest
from alongside_bot.learn import AMID_RECALL, IMMEDIATE_RECALL, RECALL, Lesson, alarm_limits, learn, reaching

from listening.heads import Heads, adding_up, lines_of, texts_of
from listening.labels import CONCERNS, FALLBACK, INTENTS, URGENCIES
from listening.listener import LONGEST_WHOLE, gather, split
from listening.meaning import Encoder, Remembered
from listening.understanding import alarms, understand

DIRECTIONS = np.random.RandomState(1).randn(4, Encoder.size)
KINDS = [("fine", "none", "all is well"), ("distress", "routine", "no sleep again"),
         ("threats", "urgent", "they will hurt my brother"), ("danger_now", "immediate", "he is at the door")]


def vector(kind, seed):
    made = DIRECTIONS[kind] + np.random.RandomState(seed).randn(Encoder.size) * 0.8
    return (made / np.linalg.norm(made)).astype(np.float32)


def a_lesson(count, seed=0):
    lesson = Lesson()
    for n in range(count):
        kind = n % 4
        intent, urgency, text = KINDS[kind]
        lesson.heard.append([f"{text} {n}"])
        lesson.vectors.append(vector(kind, seed + n)[None])
        lesson.intents.append(INTENTS.index(intent))
        lesson.urgencies.append(URGENCIES.index(urgency))
        lesson.langs.append("en")
    return lesson


@pytest.fixture(scope="module")
def heads():
    return learn(a_lesson(320), a_lesson(120, seed=5000), lambda line: None)


def heard(heads, *kinds):
    texts = [" ".join(KINDS[k][2] for k in kinds)] + ([KINDS[k][2] for k in kinds] if len(kinds) > 1 else [])
    parts = [vector(k, 1000 + k) for k in kinds]
    rows = [np.mean(parts, axis=0)] + (parts if len(kinds) > 1 else [])
    return understand(heads, [texts], [np.stack(rows)])[0]


def grown_heads(kinds):
    """Heads tuned together with an encoder that puts each of KINDS into its own direction."""
    towards = (DIRECTIONS / np.linalg.norm(DIRECTIONS, axis=1, keepdims=True)).astype(np.float32)
    v = np.zeros((4, len(kinds) + len(URGENCIES) + 1), np.float32)
    for n, kind in enumerate(kinds):
        which = next(k for k, (intent, urgency, _) in enumerate(KINDS) if kind == f"{intent} {urgency}")
        v[which, n] = 5
    v[np.arange(4), len(kinds) + np.arange(4)] = 5
    v[:, -1] = [-5, -5, 5, 5]
    return {"kinds": np.array(kinds), "centre": np.zeros(Encoder.size, np.float32), "spread": np.float32(0.05), "w": towards.T, "b": np.zeros(4, np.float32),
            "v": v, "c": np.zeros(v.shape[1], np.float32)}


@pytest.mark.parametrize("known", [["danger_now immediate", "distress routine", "fine none", "threats urgent"], ["threats urgent", "fine none"]])
def test_heads_that_grew_with_the_encoder_are_half_of_what_is_said(known):
    heads = learn(a_lesson(320), a_lesson(120, seed=5000), lambda line: None, grown_heads(known))
    seen = np.stack([vector(kind, 2000) for kind in range(4)])
    raw = heads.raw([KINDS[kind][2] for kind in range(4)], seen)
    likeliest = [heads.intents[heads.arrays["pair_intent"][n]] for n in raw.pairs.argmax(1)]
    assert all(found == intent for found, (intent, urgency, _) in zip(likeliest, KINDS) if f"{intent} {urgency}" in known)
    assert np.allclose(raw.pairs.sum(1), 1) and np.allclose(raw.urgency.sum(1), 1)


def with_limits(heads, **changed):
    """The same heads with other thresholds."""
    return Heads({**heads.arrays, "thresholds": np.array([changed.get(name, limit) for name, limit in heads.thresholds.items()])})


@pytest.mark.parametrize("kind", range(4))
def test_each_kind_is_heard(heads, kind):
    found = heard(heads, kind)
    intent, urgency, text = KINDS[kind]
    assert found["intent"] == intent
    assert max(found["urgency"], key=found["urgency"].get) == urgency
    assert found["nearest"][0]["intent"] == intent and len(found["nearest"]) == 3
    assert found["alarms"] == (kind >= 2)


def test_the_most_serious_sentence_wins(heads):
    found = heard(heads, 0, 0, 0, 3, 0)
    assert found["alarms"]
    assert found["worst_part"] == KINDS[3][2]
    assert found["intent"] == "danger_now"


def test_a_danger_amid_small_talk_that_does_not_alarm_is_read_by_a_person(heads):
    discounting = with_limits(heads, part_discount=50.0)
    found = heard(discounting, 0, 0, 0, 3, 0, 0)
    assert (found["alarms"], found["part_alarms"], found["worst_part"]) == (False, True, KINDS[3][2])
    assert found["nearest"][0]["intent"] == "danger_now"
    assert not heard(discounting, 0, 0, 1, 0)["part_alarms"]


def test_short_dangers_are_found_amid_small_talk(heads):
    assert heads.report["amid_small_talk"] >= AMID_RECALL


def test_urgencies_add_up_to_the_escalation(heads):
    for kinds in ([0], [3], [0, 3], [1, 2]):
        found = heard(heads, *kinds)
        assert sum(found["urgency"].values()) == pytest.approx(1, abs=1e-3)
        assert found["urgency"]["urgent"] + found["urgency"]["immediate"] == pytest.approx(found["escalate"], abs=1e-3)


def test_what_escalates_is_never_called_harmless(heads):
    assert heard(with_limits(heads, escalate=0.0), 0)["intent"] in CONCERNS


def test_what_could_be_immediate_alarms_by_that_alone(heads):
    deaf = with_limits(heads, escalate=2.0, escalate_immediate=2.0)
    assert not heard(deaf, 3)["alarms"] and heard(with_limits(deaf, escalate_immediate=0.3), 3)["alarms"]
    assert not heard(with_limits(deaf, escalate_immediate=0.3), 2)["alarms"], "what is urgent, but not immediate, does not"


def test_the_limits_of_an_alarm_reach_both_recalls_with_the_fewest_false_alarms():
    rng = np.random.RandomState(3)
    urgencies = np.repeat([0, 1, 2, 3], 400)
    escalate = 1 / (1 + np.exp(-rng.normal(np.repeat([-4, -3, 3, 3], 400), 1.6)))
    chances = adding_up(np.stack([np.ones(1600), np.ones(1600), np.exp(-rng.normal(np.repeat([0, 0, -1, 2], 400), 1)), np.ones(1600)], 1), escalate)
    limits, false_alarms = alarm_limits(escalate, chances, urgencies)
    raised = alarms(escalate, chances[:, 3], limits)
    assert raised[urgencies >= 2].mean() >= RECALL and raised[urgencies == 3].mean() >= IMMEDIATE_RECALL
    alone = min(reaching(escalate[urgencies >= 2], RECALL), reaching(escalate[urgencies == 3], IMMEDIATE_RECALL))
    assert false_alarms <= (escalate[urgencies < 2] >= alone).mean() + 1e-4


def test_what_is_not_sure_falls_back(heads):
    unsure = with_limits(heads, intent=2.0, escalate=2.0, escalate_immediate=2.0)
    assert heard(unsure, 3)["intent"] == FALLBACK


def test_nothing_to_hear_is_nothing(heads):
    assert understand(heads, [], []) == []


def test_a_saved_model_says_the_same(heads, tmp_path):
    heads.save(tmp_path / "heads.npz")
    again = Heads.load(tmp_path / "heads.npz")
    assert heard(again, 0, 3) == heard(heads, 0, 3)
    assert again.id == heads.id


def test_texts_are_kept_as_lines():
    texts = ["he is here", "", "هو هنا", "two\nlines", "\u2028", "x"]
    assert texts_of(lines_of(texts)) == ["he is here", "", "هو هنا", "two lines", "", "x"]


def test_a_file_with_pickles_is_refused(tmp_path):
    np.savez(tmp_path / "heads.npz", intents=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError):
        Heads.load(tmp_path / "heads.npz")


def test_the_recall_that_was_asked_for_is_reached_on_the_development_replies(heads):
    assert heads.report["all"]["recall"] >= 0.97
    assert heads.report["languages"]["en"]["phrases"] == 120


def test_probabilities_come_true_on_the_development_replies(heads):
    replies = a_lesson(120, seed=5000)
    judged = heads.judge([h[0] for h in replies.heard], np.concatenate(replies.vectors))
    serious = np.array(replies.urgencies) >= 2
    assert judged.escalate.mean() == pytest.approx(serious.mean(), abs=0.02)


def test_too_little_is_neither_learned_from_nor_calibrated_on():
    little = Lesson([["a"]], [np.ones((1, Encoder.size), np.float32)], [0], [0], ["en"])
    with pytest.raises(ValueError, match="too few phrases to learn from"):
        learn(little, a_lesson(120), lambda line: None)
    with pytest.raises(ValueError, match="too few phrases to calibrate on"):
        learn(a_lesson(120), little, lambda line: None)


@pytest.mark.parametrize(("share", "limit"), [(1.0, 0.1), (0.9, 0.2), (0.5, 0.6), (0.95, 0.1)])
def test_a_limit_is_the_largest_that_enough_scores_reach(share, limit):
    assert reaching(np.arange(1, 11) / 10, share) == limit


def test_urgencies_are_rescaled_even_from_nothing():
    rows = adding_up(np.array([[0.5, 0.5, 0.0, 0.0], [0.1, 0.2, 0.3, 0.4]]), np.array([0.2, 0.9]))
    assert rows[1].sum() == pytest.approx(1)
    assert rows[1, 2:].sum() == pytest.approx(0.9)


def test_the_encoder_is_alike_across_languages():
    english, polish, far = Encoder().vectors(["he is at my door", "on stoi pod moimi drzwiami", "I like tea"])
    assert english @ polish > english @ far


@pytest.mark.parametrize("odd", ["", " ", "\x00", "a\x00b", "🆘", "x" * 5000])
def test_the_encoder_takes_any_text(odd):
    rows = Encoder().vectors([odd, "hello"])
    assert rows.shape == (2, Encoder.size) and np.isfinite(rows).all()


def test_embeddings_are_worked_out_once(tmp_path):
    class Counting(Encoder):
        seen = 0

        def vectors(self, texts):
            Counting.seen += len(texts)
            return super().vectors(texts)

    for _ in range(2):
        remembered = Remembered(Counting(), tmp_path)
        rows = remembered.vectors(["one", "two", "one"])
        remembered.close()
    assert Counting.seen == 2
    assert (rows[0] == rows[2]).all() and not (rows[0] == rows[1]).all()


def test_a_very_long_text_is_embedded_in_its_parts_only():
    long = "word " * (LONGEST_WHOLE + 50)
    texts, needed = split([long, "short"])
    assert long not in needed and "short" in needed
    rows = np.eye(len(needed), Encoder.size, dtype=np.float32)
    [first, second] = gather(texts, needed, rows)
    assert len(first) == len(texts[0]) and len(second) == 1
    assert np.linalg.norm(first[0]) == pytest.approx(1, abs=1e-5)


def test_the_short_copy_finds_the_nearest_phrases():
    """Among many phrases, in clusters as real ones are, the nearest are nearly always found; their likeness is exact."""
    random = np.random.RandomState(3)
    centres = random.randn(60, Encoder.size) * (1 / np.sqrt(1 + np.arange(Encoder.size)))  # most of what tells them apart in few directions
    many = Lesson()
    for n in range(3000):
        kind = n % 4
        made = centres[n % 60] + random.randn(Encoder.size) * 0.1
        many.heard.append([f"{KINDS[kind][2]} {n}"])
        many.vectors.append((made / np.linalg.norm(made)).astype(np.float32)[None])
        many.intents.append(INTENTS.index(KINDS[kind][0]))
        many.urgencies.append(URGENCIES.index(KINDS[kind][1]))
        many.langs.append("en")
    heads = learn(many, a_lesson(120, seed=5000), lambda line: None)
    asked = np.concatenate(many.vectors[:40]) + random.randn(40, Encoder.size).astype(np.float32) * 0.005
    near = heads.raw(["x"] * 40, asked).near
    likeness = heads.meaning(asked) @ heads.arrays["known_vectors"].astype(np.float32).T
    assert near.phrases[:, 0].tolist() == likeness.argmax(1).tolist()
    assert np.mean(np.abs(near.likeness - -np.sort(-likeness, axis=1)[:, :3]) < 1e-5) > 0.95
