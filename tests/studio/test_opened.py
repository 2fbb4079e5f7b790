from convscope.studio.home import Home
from convscope.studio.opened import Studio


def test_the_first_pictures_are_open_before_anybody_asks(tmp_path, pets):
    studio = Studio(Home(tmp_path / "home"), data=[str(pets)])
    studio.open_sources._kept.clear()
    studio.open_first()
    assert [*studio.open_sources._kept] == [str(pets)]


def test_first_pictures_that_cannot_be_opened_are_told_of_when_somebody_asks(tmp_path):
    studio = Studio(Home(tmp_path / "home"))
    (studio.home.data / "empty").mkdir()
    studio.open_first()
    assert [one.name for one in studio.sources()] == ["empty", "digits"]
