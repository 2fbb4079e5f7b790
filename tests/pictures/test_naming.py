from hypothesis import given
from hypothesis import strategies as st

from convscope.pictures.naming import class_name, natural_order


@given(st.lists(st.integers(0, 10**30), unique=True))
def test_numbers_are_ordered_by_value(numbers):
    assert sorted(map(str, numbers), key=natural_order) == [str(number) for number in sorted(numbers)]


@given(
    st.lists(st.text(), unique=True).flatmap(lambda names: st.tuples(st.just(names), st.permutations(names)))
)
def test_names_have_one_order(twice):
    names, shuffled = twice
    assert sorted(names, key=natural_order) == sorted(shuffled, key=natural_order)


def test_a_number_too_long_for_int_is_ordered():
    assert sorted(["9" * 6000, "10"], key=natural_order) == ["10", "9" * 6000]


def test_numbers_inside_a_name_count():
    assert sorted(["img12.png", "img2.png", "IMG1.png"], key=natural_order) == [
        "IMG1.png",
        "img2.png",
        "img12.png",
    ]


@given(st.text(alphabet=st.characters()))
def test_class_names_can_be_written_as_utf_8(text):
    assert class_name(text).encode("utf-8").decode("utf-8").isprintable()
