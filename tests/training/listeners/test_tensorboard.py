import subprocess
import sys

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from convscope.training.events import EpochDone, Started, Stopped
from convscope.training.listeners.tensorboard import TensorBoardLog

# torch's reader and writer emit warnings about their own code
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_every_epoch_can_be_read_back(tmp_path):
    log = TensorBoardLog()
    log(Started(tmp_path, (), 2, 1))
    log(EpochDone(1, 2, 0.1, 0.5, 0.75, 0.6, 0.7, 1e4, 1.0, 1.0))
    log(EpochDone(2, 2, 0.1, 0.25, 0.875, None, None, 1e4, 2.0, 0.0))
    log(Stopped(tmp_path, 2, 2))
    written = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [(scalar.step, scalar.value) for scalar in written.Scalars("loss/training")] == [
        (1, 0.5),
        (2, 0.25),
    ]
    assert [scalar.step for scalar in written.Scalars("accuracy/validation")] == [1]


@pytest.mark.slow
def test_a_missing_package_is_an_error_with_the_way_out():
    script = (
        "import sys\n"
        "sys.modules['tensorboard'] = None  # what Python itself does for a package that must not be found\n"
        "from convscope.errors import SettingError\n"
        "from convscope.training.listeners.tensorboard import TensorBoardLog\n"
        "try:\n    TensorBoardLog()\n"
        "except SettingError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "pip install tensorboard" in done.stdout
