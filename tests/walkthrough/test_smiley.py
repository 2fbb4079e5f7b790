"""The course's example: the numbers on the slides, except for their wrong cell."""

import numpy as np
import pytest

from convscope.walkthrough.smiley import CENTRE_NOTE, WEIGHTS_NOTE, smiley_model, smiley_picture
from convscope.walkthrough.walk import walk


@pytest.fixture(scope="module")
def smiley_walk():
    return walk(smiley_model(), smiley_picture(), notes=(CENTRE_NOTE, WEIGHTS_NOTE))


def outputs(smiley_walk, kind):
    step = next(step for step in smiley_walk.steps if step.kind == kind)
    if kind == "max_pooling":
        return step.values(np.maximum(outputs(smiley_walk, "convolution"), 0))
    return step.output.values()


def test_every_step_is_the_slide_s(smiley_walk):
    assert outputs(smiley_walk, "image")[0].sum() == 8
    on_the_slide = [[0, 1, 0, 0, 0], [0, 1, 1, 1, 0], [1, 0, 1, 2, 1], [1, 4, 2, 1, 0], [0, 0, 1, 2, 1]]
    differs = np.argwhere(outputs(smiley_walk, "convolution")[0] != on_the_slide)
    assert [[0, *place] for place in differs.tolist()] == [CENTRE_NOTE.cell]
    np.testing.assert_array_equal(outputs(smiley_walk, "max_pooling"), [[[1, 1, 0], [4, 2, 1], [0, 2, 1]]])


def test_the_note_counts_the_white_pixel_on_a_weight_of_0(smiley_walk):
    _, row, column = CENTRE_NOTE.cell
    under = outputs(smiley_walk, "image")[0, row : row + 3, column : column + 3]
    detector = smiley_walk.steps[1].filters.values()[0, 0]
    assert under.sum() == 1
    assert (under * detector).sum() == 0


def test_the_weights_do_what_the_note_says(smiley_walk):
    column = outputs(smiley_walk, "max_pooling").ravel()
    logit = (column[3] + column[4] + column[7]) / 2 - 2.5
    assert outputs(smiley_walk, "full_connection").tolist() == [logit, -logit]
    assert smiley_walk.probabilities[0] == pytest.approx(1 / (1 + np.exp(-2 * logit)))
    assert {note.step for note in smiley_walk.notes} <= {step.name for step in smiley_walk.steps}


def test_onnx_runtime_and_numpy_agree_to_the_bit_but_for_softmax(smiley_walk):
    assert [step.difference for step in smiley_walk.steps if step.kind != "softmax"] == [0] * 7
    assert smiley_walk.largest_difference < 1e-15
