import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.errors import DataError
from convscope.pictures.sources.layout import lay_out
from convscope.training.run_files import EVENTS


def found(*names):
    return [(item.label, item.part) for item in lay_out("source", names).items]


def test_flat_class_folders():
    assert found("cats/1.jpg", "dogs/2.PNG") == [("cats", None), ("dogs", None)]


def test_folders_inside_a_class_belong_to_it():
    assert found("cats/indoor/1.jpg", "dogs/2.jpg") == [("cats", None), ("dogs", None)]


def test_parts_under_common_names():
    names = ("Training_Set/cats/1.jpg", "valid/cats/2.jpg", "TEST/dogs/deep/3.jpg")
    assert found(*names) == [("cats", "train"), ("cats", "validation"), ("dogs", "test")]


@pytest.mark.parametrize("wrapper", ["pets/", "data/pets-v1/"])
def test_folders_that_only_wrap_are_looked_through(wrapper):
    assert found(f"{wrapper}cats/1.jpg", f"{wrapper}dogs/2.jpg") == [("cats", None), ("dogs", None)]
    assert found(f"{wrapper}train/cats/1.jpg", f"{wrapper}test/cats/2.jpg") == [
        ("cats", "train"),
        ("cats", "test"),
    ]


def test_a_part_alone_is_a_part():
    assert found("test/cats/1.jpg", "test/dogs/1.jpg") == [("cats", "test"), ("dogs", "test")]


def test_a_class_may_be_called_like_a_part():
    assert found("train/1.jpg", "bus/1.jpg") == [("train", None), ("bus", None)]
    assert found("train/steam/1.jpg", "bus/1.jpg") == [("train", None), ("bus", None)]
    layout = lay_out("source", ["train/1.jpg", "bus/1.jpg"])
    assert layout.notes == ("train is a class here; if parts are meant, give 'source/{part}/{class}'",)


@pytest.mark.parametrize("other", ["holdout", "eval", "te", "02_test", "test2017"])
def test_parts_are_known_by_holding_the_same_classes(other):
    names = [f"{part}/{label}/{n}.jpg" for part in ("01_train", other) for label in "ab" for n in range(2)]
    layout = lay_out("source", names)
    assert {(item.label, item.part) for item in layout.items} == {
        (label, part) for label in "ab" for part in ("train", "test")
    }
    assert layout.notes == (
        f"pictures by part: 01_train 4 as train, {other} 4{'' if other == 'test' else ' as test'}",
    )


def test_folds_are_one_set_and_said_to_be():
    names = [f"fold{fold}/{label}/1.jpg" for fold in (1, 2) for label in "ab"]
    layout = lay_out("source", names)
    assert [(item.label, item.part) for item in layout.items] == [("a", None), ("b", None)] * 2
    assert "if fold1, fold2 are the classes, give 'source/{class}'" in layout.notes[0]


def test_a_folder_beside_the_parts_is_left_out_by_name():
    names = [f"{part}/{label}/1.jpg" for part in ("train", "test", "extra") for label in "ab"]
    layout = lay_out("source", names)
    assert {item.part for item in layout.items} == {"train", "test"}
    assert "called like no part, so left out: extra" in layout.notes
    assert "left out: 2 pictures, outside any class folder (extra/a, extra/b)" in layout.notes


def test_one_folder_of_unlabelled_pictures_beside_train_is_no_class():
    names = ["train/cats/1.jpg", "train/dogs/1.jpg", "unlabelled/1.jpg", "unlabelled/2.jpg"]
    layout = lay_out("source", names)
    assert [item.label for item in layout.items] == ["cats", "dogs"]
    assert "left out: 2 pictures, outside any class folder (unlabelled)" in layout.notes


def test_names_of_parts_with_different_classes_are_classes():
    assert found("dev/x/1.jpg", "test/y/1.jpg", "prod/z/1.jpg") == [
        ("dev", None),
        ("test", None),
        ("prod", None),
    ]


def test_parts_may_lie_inside_the_classes():
    names = [f"{label}/{part}/1.jpg" for label in ("cat", "dog") for part in ("train", "val")]
    assert found(*names) == [
        ("cat", "train"),
        ("cat", "validation"),
        ("dog", "train"),
        ("dog", "validation"),
    ]


def test_classes_below_the_first_level_are_said_and_can_be_forced():
    names = ["a/airfield/1.jpg", "a/airport/1.jpg", "b/beach/1.jpg"]
    layout = lay_out("places", names)
    assert [item.label for item in layout.items] == ["a", "a", "b"]
    assert "a holds airfield, airport; if these are the classes, give 'places/*/{class}'" in layout.notes[0]
    forced = lay_out("places", names, template=["*", "{class}"])
    assert [item.label for item in forced.items] == ["airfield", "airport", "beach"]


def test_a_template_decides_and_leaves_out_what_it_does_not_fit():
    names = ["x/train/cat/1.jpg", "x/test/cat/deep/1.jpg", "x/1.jpg", "y/train/cat/1.jpg"]
    layout = lay_out("source", names, template=["x", "{part}", "{class}"])
    assert [(item.label, item.part) for item in layout.items] == [("cat", "train"), ("cat", "test")]
    assert "left out: 2 pictures, outside any class folder (x, y/train/cat)" in layout.notes
    with pytest.raises(DataError, match="'x' is not a part"):
        lay_out("source", names, template=["{part}", "train", "{class}"])


def test_single_pictures_do_not_hide_a_wrapper():
    names = ["pets/cats/1.jpg", "pets/dogs/1.jpg", "cover.png", "pets/cover.png"]
    layout = lay_out("source", names)
    assert [item.label for item in layout.items] == ["cats", "dogs"]
    assert layout.notes == ("left out: 2 pictures, outside any class folder (pets)",)


def test_unlabelled_pictures_beside_class_folders_are_noted():
    layout = lay_out("source", ["train/cats/1.jpg", "train/dogs/1.jpg", "test/1.jpg", "cover.jpg"])
    assert [item.label for item in layout.items] == ["cats", "dogs"]
    assert "left out: 2 pictures, outside any class folder (test)" in layout.notes


def test_files_that_are_left_out_are_counted_by_kind_and_folder():
    names = ["cats/1.jpg", "dogs/1.jpg", "cats/readme.txt", "LICENSE", ".DS_Store", "__MACOSX/cats/._1.jpg"]
    layout = lay_out("source", [*names, "cats/.hidden.jpg", "dogs/Thumbs.db", ".git/x/y.png"])
    assert layout.members == (0, 1)
    assert layout.notes == (
        "left out: 2 pictures, hidden (cats, .git)",
        "left out: 1 .txt file, no pictures by their suffix (cats)",
        "left out: 1 file without suffix, no pictures by their suffix",
    )


@pytest.mark.parametrize(
    "folder",
    ["@eaDir", "$RECYCLE.BIN", "lost+found", "__pycache__", "cats/@eaDir/1.jpg", "System Volume Information"],
)
def test_folders_of_systems_are_no_classes(folder):
    layout = lay_out("source", ["cats/1.jpg", "dogs/1.jpg", f"{folder}/thumb.jpg"])
    assert [item.label for item in layout.items] == ["cats", "dogs"]
    where = folder.removesuffix("/1.jpg")
    assert layout.notes == (f"left out: 1 picture, in a folder of the system ({where})",)


@pytest.mark.parametrize(
    ("marker", "kind"),
    [
        ("run.json", "a run of convscope"),
        (EVENTS, "a run of convscope"),  # a folder in a finished run
        ("pyvenv.cfg", "a virtual environment"),
    ],
)
def test_what_convscope_and_python_write_is_never_learned_from(marker, kind):
    names = ["cats/1.jpg", "dogs/1.jpg", f"runs/own/{marker}", "runs/own/figures/curve.png", "runs/own/x.csv"]
    layout = lay_out("source", names, ["cats", "dogs", "runs", "runs/own"])
    assert [item.label for item in layout.items] == ["cats", "dogs"]
    assert layout.notes == (f"left out: 1 picture, in {kind} (runs/own)",)


def test_a_class_that_vanishes_is_named():
    names = ["cats/1.jpg", "dogs/1.jpg", "birds/1.jp2", "birds/2.jp2", ".net/1.jpg"]
    layout = lay_out("source", names, ["cats", "dogs", "birds", "empty", ".net"])
    assert "no class, as there is no picture in it: birds (2 .jp2 files), empty (empty)" in layout.notes
    assert "left out: 1 picture, hidden (.net)" in layout.notes


def test_a_class_that_is_empty_in_a_part_is_named():
    names = ["train/c1/1.jpg", "train/c3/1.jpg", "test/c1/1.jpg", "test/c2/1.jpg"]
    layout = lay_out("source", names, ["train", "test", "train/c1", "train/c2", "test/c1", "test/c2"])
    assert "no class, as there is no picture in it: train/c2 (empty)" in layout.notes


@pytest.mark.parametrize("blank", [" ", "  ", "\u3000"])
def test_a_class_without_a_name_is_refused_at_once(blank):
    with pytest.raises(DataError, match="has no name"):
        lay_out("source", ["cats/1.jpg", f"{blank}/1.jpg"])


def test_accents_written_in_two_ways_are_one_class():
    assert len({label for label, _ in found("train/Käfer/1.jpg", "test/Ka\u0308fer/1.jpg")}) == 1


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "it is empty"),
        (["cats/.hidden.jpg"], "1 picture, hidden"),
        (["cats/1.txt", "2.csv"], "1 .txt file, no pictures by their suffix"),
        (["1.jpg", "2.jpg"], "no class folders"),
    ],
)
def test_what_holds_no_classes_says_why(names, message):
    with pytest.raises(DataError, match=message):
        lay_out("source", names)


@given(
    st.lists(st.text(st.sampled_from("ab./\\: train\n\udcff"), max_size=12).map(lambda name: f"{name}.png"))
)
def test_any_names_give_items_or_an_error(names):
    try:
        layout = lay_out("source", names)
    except DataError:
        return
    assert len(layout.items) == len(layout.members) == len(set(layout.members))
    assert all(item.name.isprintable() and item.label for item in layout.items)


def test_a_folder_beside_the_pictures_of_a_class_is_named():
    layout = lay_out("pets", ["cat/1.png", "cat/siamese/2.png", "dog/1.png"])
    assert [item.label for item in layout.items] == ["cat", "cat", "dog"]
    (note,) = layout.notes
    assert note.startswith("folders inside a class's folder belong to it: cat holds siamese; if these are")
    assert note.endswith("give 'pets/*/{class}'")


def test_a_folder_beside_the_pictures_of_a_class_in_a_part_is_named():
    layout = lay_out(
        "pets", ["train/cat/1.png", "train/cat/siamese/2.png", "train/dog/1.png", "test/dog/2.png"]
    )
    assert {(item.label, item.part) for item in layout.items} == {
        ("cat", "train"),
        ("dog", "train"),
        ("dog", "test"),
    }
    assert layout.notes[-1].startswith("folders inside a class's folder belong to it: cat holds siamese;")
    assert layout.notes[-1].endswith("give 'pets/{part}/*/{class}'")


@pytest.mark.parametrize("wrapper", ["images", "images/all"])
def test_a_folder_that_only_wraps_the_classes_of_each_part_is_looked_through(wrapper):
    names = [f"{part}/{wrapper}/{label}/1.png" for part in ("train", "val") for label in ("cat", "dog")]
    expected = [(label, part) for part in ("train", "validation") for label in ("cat", "dog")]
    assert found(*names) == expected


def test_one_folder_of_the_same_name_in_each_class_is_no_class():
    layout = lay_out("pets", ["cat/images/1.png", "dog/images/1.png", "dog/images/2.png"])
    assert [item.label for item in layout.items] == ["cat", "dog", "dog"]


def test_folders_that_hold_the_same_classes_are_told_with_their_counts():
    layout = lay_out("pets", ["fold1/cat/1.png", "fold1/dog/1.png", "fold2/cat/1.png", "fold2/dog/1.png"])
    assert {item.label for item in layout.items} == {"cat", "dog"}
    assert layout.notes[0].startswith("fold1 (2 pictures), fold2 (2 pictures) hold the same folders")


def test_labels_beside_pictures_that_are_not_read_are_named():
    with pytest.raises(DataError, match="no class folders") as caught:
        lay_out("shard.tar", ["1.jpg", "1.json", "2.jpg", "2.json"])
    assert "2 .json files" in caught.value.why
    assert ".cls" in caught.value.remedy
