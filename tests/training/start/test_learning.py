"""From pictures to one chain with a head and a rule for unknown pictures, on a tiny backbone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from convscope.model.predictor import Predictor
from convscope.network.backbones import design
from convscope.network.notation import parse
from convscope.pictures.preparation import Preparation
from convscope.pictures.store import Catalogue, Store
from convscope.training.start import learning
from convscope.training.start.backbone import Backbone
from convscope.training.start.features import LAST
from convscope.training.start.learning import learn, learned_model

SIZE = Preparation(3, 12, 10)
BLOCKS = tuple((layer,) for layer in parse("4C3s2o-(D3r6-4C1l)+-6C3"))


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    random = np.random.default_rng(0)
    layers = {"blocks": BLOCKS, "last": parse("8C1r6"), "joinable": (0, 1), "tuned_from": 2}
    tiny = Backbone(replace(design("lite0"), name="tiny", **layers), (0, 1), SIZE, {}, "12ab")
    chain = tiny.design.chain(SIZE.shape)
    weights = {
        name: random.normal(0, 0.5, shape).astype(np.float32) for name, shape in chain.parameters.items()
    }
    return replace(tiny, weights=weights)


def store_of(count: int) -> Store:
    """Create alternately dark and bright pictures."""
    random = np.random.default_rng(1)
    labels = np.arange(count) % 2
    pictures = (random.integers(0, 90, (count, 12, 10, 3)) + 150 * labels[:, None, None, None]).astype(
        np.uint8
    )
    digests = random.integers(0, 256, (count, 16), np.uint8)
    names = [f"{n}.png" for n in range(count)]
    catalogue = Catalogue(labels, digests, ("dark", "bright"), names, (None,) * count, (), SIZE, ())
    return catalogue.store(np.arange(count), pictures)


def test_groups_of_the_store_are_held_out_together(backbone: Backbone) -> None:
    store, indices = store_of(30), np.arange(4, 30)
    groups = np.arange(30) // 6 * 2 + np.arange(30) % 2
    learned = learn(store, indices, backbone, seed=0, groups=groups)
    assert [set(np.flatnonzero(learned.groups == group)) for group in np.unique(learned.groups)] == [
        set(np.flatnonzero(groups[indices] == group)) for group in np.unique(groups[indices])
    ]


def test_the_only_group_of_a_class_is_taken_apart(backbone: Backbone) -> None:
    store = store_of(20)
    learned = learn(store, np.arange(20), backbone, seed=0, groups=np.arange(20) % 2)
    assert len(np.unique(learned.groups)) == 20
    assert learned.accuracy is not None


def test_the_chain_answers_as_the_head_and_knows_its_training_pictures(backbone: Backbone) -> None:
    store = store_of(30)
    learned = learn(store, np.arange(4, 30), backbone, seed=0)
    model = learned_model(backbone, learned, store)
    answers = Predictor(model).answers(store.pictures)
    assert [np.argmax(answer.probabilities) for answer in answers] == store.labels.tolist()
    assert learned.open_set is not None
    assert learned.open_set.numbers()["pictures"] == [
        digest[:8].tobytes().hex() for digest in store.digests[4:]
    ]
    scores = np.array([answer.score for answer in answers])
    np.testing.assert_allclose(scores[4:], 1, atol=1e-4)
    assert (scores[:4] < 0.9999).all()


@pytest.mark.parametrize("joined", [(LAST,), ("1", LAST), ("0", "1", LAST)])
def test_the_rule_reads_what_the_head_reads(
    backbone: Backbone, joined: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("convscope.training.start.head.block_candidates", lambda _blocks: [joined])
    store = store_of(24)
    model = learned_model(backbone, learn(store, np.arange(24), backbone, seed=0), store)
    scores = np.array([answer.score for answer in Predictor(model).answers(store.pictures)], float)
    np.testing.assert_allclose(scores, 1, atol=1e-4)


def test_too_few_pictures_say_nothing_of_others(backbone: Backbone) -> None:
    store = store_of(10)
    learned = learn(store, np.arange(10), backbone, seed=0)
    assert learned.open_set is None
    answers = Predictor(learned_model(backbone, learned, store)).answers(store.pictures)
    assert {(answer.score, answer.unknown) for answer in answers} == {(None, False)}


def test_a_head_is_fitted_with_one_thread(backbone: Backbone, monkeypatch: pytest.MonkeyPatch) -> None:
    """With several threads, last bits depend on the machine, and they wait for each other on a busy one."""
    threads = []

    def fit_head(*args: object, **settings: object) -> object:
        threads.extend(one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas")
        return real(*args, **settings)

    real = learning.fit_head
    monkeypatch.setattr(learning, "fit_head", fit_head)
    learn(store_of(20), np.arange(20), backbone, seed=0)
    assert set(threads) == {1}
