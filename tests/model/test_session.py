"""Sessions in a forked process, which has none of its parent's threads."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import os
import sys
import numpy as np
import convscope

pictures = np.random.default_rng(0).integers(0, 256, (600, 8, 8), np.uint8)
classifier = convscope.load(sys.argv[1])
expected = classifier.predictor.probabilities(pictures[..., np.newaxis])
child = os.fork()
if child == 0:
    found = classifier.predictor.probabilities(pictures[..., np.newaxis])
    sys.exit(0 if (found == expected).all() else 3)  # and so deletes all that it has inherited
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_predicts_with_the_classifier_that_it_inherits_and_ends(model_path):
    assert (
        subprocess.run([sys.executable, "-c", PROGRAM, model_path], timeout=60, check=False).returncode == 0
    )
