"""Comparisons over a real socket."""

import json
from dataclasses import replace

from convscope.classifier import load
from convscope.comparison import compare
from convscope.model.file import save


def test_a_comparison_is_that_of_the_library(start_studio, brightness, pets, tmp_path):
    other = replace(brightness, weights={name: -weight for name, weight in brightness.weights.items()})
    for name, model in (("tone", brightness), ("opposite", other)):
        save(model, tmp_path / f"{name}.safetensors")
    paths = [tmp_path / "tone.safetensors", tmp_path / "opposite.safetensors"]
    studio = start_studio(*paths, "--data", pets)
    first, second = studio.model("tone"), studio.model("opposite")
    address = f"/api/comparison?first={first}&second={second}&data={studio.data('pets')}&part=all"
    expected = compare(load(paths[0]), load(paths[1]), pets, "all").to_dict()
    assert studio.get(address) == json.loads(json.dumps(expected))
    place = studio.get(address)["flips"][3]["place"]
    corrected = studio.post(
        f"/api/data/{studio.data('pets')}/corrections/{place}", {"label": "bright"}, "PUT"
    )
    assert corrected["manifest"].startswith("pets-corrected")
    assert (studio.home / "data" / corrected["manifest"]).is_file()
