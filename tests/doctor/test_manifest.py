import numpy as np
import pytest

from convscope.doctor.diagnosis import diagnose
from convscope.doctor.manifest import write_manifest
from convscope.errors import DataError
from convscope.pictures.sources import open_source


@pytest.mark.parametrize("beside", [True, False], ids=["above the pictures", "elsewhere"])
def test_training_reads_it(pets, tmp_path_factory, beside):
    (pets / "dark" / "cut.png").write_bytes(b"")
    source = open_source(pets)
    found = diagnose(source)
    path = (pets.parent if beside else tmp_path_factory.mktemp("elsewhere")) / "good.csv"
    listed = write_manifest(found, path)
    good = open_source(path)
    kept = [place for place in range(len(source.items)) if place not in found.left_out()]
    assert listed == len(kept) == len(good.items)
    assert [item.label for item in good.items] == [source.items[place].label for place in kept]
    assert [good.read(n) for n in range(listed)] == [source.read(place) for place in kept]
    assert (str(pets) in path.read_text()) == (not beside)


def test_parts_and_odd_names_survive(tmp_path, photos):
    names = ["train/a, b/1.png", "train/c/2\n.png", 'test/a, b/"3".png', "test/c/caf\udce9.png"]
    for name, photo in zip(names, photos, strict=False):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        photo.save(tmp_path / name)
    source = open_source(tmp_path)
    write_manifest(diagnose(source), tmp_path / "good.csv")
    good = open_source(tmp_path / "good.csv")
    assert [(one.label, one.part) for one in good.items] == [(one.label, one.part) for one in source.items]
    assert [good.read(n) for n in range(4)] == [source.read(n) for n in range(4)]


def test_pictures_without_files(tmp_path):
    found = diagnose(open_source((np.zeros((2, 5, 5), np.uint8), ["a", "b"])))
    with pytest.raises(DataError, match="not files of their own"):
        write_manifest(found, tmp_path / "good.csv")
    assert list(tmp_path.iterdir()) == []
