import threading
import warnings

import pytest

from convscope.pictures.pillow_warnings import pillow_warnings_ignored


def test_nothing_is_shown_inside_and_everything_outside():
    with pillow_warnings_ignored:
        warnings.warn("unheard", stacklevel=1)
    with pytest.warns(UserWarning, match="heard"):
        warnings.warn("heard", stacklevel=1)


def test_threads_that_overlap_leave_the_filters_as_they_were():
    before = list(warnings.filters)
    entered, left = threading.Event(), threading.Event()

    def overlap():
        with pillow_warnings_ignored:
            entered.set()
            left.wait(10)
            warnings.warn("unheard", stacklevel=1)

    thread = threading.Thread(target=overlap)
    with pillow_warnings_ignored:
        thread.start()
        entered.wait(10)
    left.set()
    thread.join()
    assert list(warnings.filters) == before
