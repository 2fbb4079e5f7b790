import numpy as np
import pytest

import convscope
from convscope.errors import SettingError
from convscope.model.verification import check_data
from convscope.training.runs import runner
from convscope.training.settings import Settings

QUICK = {"network": "3C3-MP2", "epochs": 20, "size": 8, "start": "scratch", "device": "cpu"}


@pytest.mark.slow
@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("start", ["scratch", "lite0"])
def test_a_given_order_is_that_of_the_probabilities(pets, tmp_path, start):
    own = QUICK if start == "scratch" else {"start": start}
    given = runner.train(pets, Settings(**own, class_order="dark, bright"), output=tmp_path / "run")
    natural = convscope.train(pets, **own)
    assert natural.classes == ("bright", "dark")
    assert given.classes == ("dark", "bright")
    answers = given.evaluate(pets, "all")
    assert answers.accuracy_fraction > 0.7
    assert [one.name for one in answers.classes] == ["dark", "bright"]
    assert check_data(given.model, tmp_path / "run", str(pets)).same
    if start == "lite0":  # a head does not depend on the order of its rows
        picture = next((pets / "dark").iterdir())
        np.testing.assert_allclose(
            given.predict_proba(picture)[0], natural.predict_proba(picture)[0, ::-1], atol=1e-3
        )


@pytest.mark.parametrize(
    ("order", "odd"), [("dark", "bright"), ("dark,bright,cat", "cat"), ("dark,dark,bright", "dark")]
)
def test_an_order_that_does_not_name_each_class_once_is_refused(pets, order, odd):
    with pytest.raises(SettingError, match="class order cannot be") as caught:
        convscope.train(pets, **QUICK, class_order=order)
    assert odd in caught.value.why
