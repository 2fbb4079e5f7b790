"""Trains the same network with given numbers of processes, and stores the result of each.

    python together.py FOLDER BATCH ENGINE...

ENGINE is one of `ENGINES`; with `gpu`, all processes share one GPU, and communicate by gloo. Each engine
trains with 1, 2 and 4 processes. FOLDER/ENGINE-SIZE-RANK.npz holds the weights, the first gradients, the
metrics of the log, and the pictures that the process took from the store, batch by batch. The processes are
forked, so that imports only take time once.
"""

import os
import socket
import sys
from dataclasses import asdict
from itertools import product
from pathlib import Path

import numpy as np
import torch

from convscope.pictures.preparation import Preparation
from convscope.pictures.sources.arrays import open_arrays
from convscope.pictures.split import Split
from convscope.pictures.store_building import build_store
from convscope.training.data.batcher import HostBatcher
from convscope.training.data.training_data import training_data
from convscope.training.events import EpochDone
from convscope.training.group import process_group
from convscope.training.learning.loop import Training
from convscope.training.machine.engine import Engine
from convscope.training.machine.machine import Machine
from convscope.training.recipe import resolve
from convscope.training.settings import Settings

ENGINES = {
    "fused": Engine(),
    "plain": Engine(torch.device("cpu"), fused=False),
    "gpu": Engine(torch.device("cuda"), fused=False),
}
SIZES = 1, 2, 4
VALIDATION = 30
EPOCHS = 3
CLOCK = {"pictures_per_second", "elapsed_seconds", "remaining_seconds"}


def pictures():
    """Grey noise of 8x8 in three classes of unequal size; two have stripes, vertical or horizontal."""
    rng = np.random.default_rng(0)
    labels = rng.choice(3, 150, p=(0.6, 0.25, 0.15))
    noise = rng.integers(0, 60, (150, 8, 8, 1), np.uint8)
    noise[labels == 1, :, ::2] += 160
    noise[labels == 2, ::2] += 160
    return noise, labels


def prepare(folder):
    noise, labels = pictures()
    store = build_store(open_arrays(noise, labels), Preparation(1, 8, 8), folder=folder / "store")
    indices = np.arange(len(labels))
    return training_data(store, Split(indices[VALIDATION:], indices[:VALIDATION], indices[:0], ()))


def learn(data, engine, batch):
    """Train as one of the processes; return rank and results."""
    settings = Settings(network="8C2-6C3-MP2-5N", epochs=EPOCHS, batch_size=batch, precision="fp32")
    taken_out, gradients, events = {}, {}, []
    host = HostBatcher.host

    def watch(own, drawn, positions, size):
        taken_out[f"cut.{len(taken_out):03}"] = drawn.order[positions]
        return host(own, drawn, positions, size)

    with process_group() as group:
        training = Training(data, resolve(settings, data.statistics, Machine()), group, ENGINES[engine])
        HostBatcher.host = watch
        training.synchronise()
        training.run([events.append], save=lambda: gradients.update(first_of(training, gradients)))
        training.finish()
        logits = training.evaluator.predict(data.kept.split.validation)
    log = [
        [value for name, value in asdict(event).items() if name not in CLOCK]
        for event in events
        if isinstance(event, EpochDone)
    ]
    weights = {name: tensor.numpy(force=True) for name, tensor in training.state().items()}
    kept = {"log": np.array(log), "logits": logits.numpy(), "flip": np.array(str(training.position.flip))}
    return group.rank.number, {**weights, **taken_out, **gradients, **kept}


def first_of(training, known):
    """Return the momenta after the first step, which are the gradients of the first batch."""
    state = {} if known else training.optimiser.state()
    return {f"gradient.{name}": tensor.numpy(force=True).copy() for name, tensor in state.items()}


def fork(folder, data, engine, size, rank, port, batch):
    pid = os.fork()
    if pid:
        return pid
    try:
        os.environ |= {"RANK": str(rank), "WORLD_SIZE": str(size), "LOCAL_RANK": str(rank)}
        os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
        rank, kept = learn(data, engine, batch)
        np.savez(folder / f"{engine}-{size}-{rank}.npz", **kept)
        os._exit(0)
    finally:
        sys.excepthook(*sys.exc_info())
        os._exit(1)


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def program(folder, batch, engines):
    data = prepare(folder)
    for engine, size in product(engines, SIZES):
        port = free_port()
        for pid in [fork(folder, data, engine, size, rank, port, batch) for rank in range(size)]:
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


if __name__ == "__main__":
    program(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
