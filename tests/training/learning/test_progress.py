import pytest

from convscope.training.learning.progress import Position, Schedule, TimeLeft


def at(step, seconds, epochs=4):
    """Return the position in a run with ten steps per epoch."""
    return Position(epochs, step // 10, step % 10, elapsed_seconds=seconds)


def test_the_time_left_does_not_count_what_compiling_in_the_first_step_took():
    left = TimeLeft(Schedule(10, 128, None), verdict_epoch=None)
    assert left.seconds(at(0, 0)) is None
    left.step_done(at(1, 5.0))
    assert left.seconds(at(1, 5.0)) is None
    left.step_done(at(6, 6.0))
    assert left.seconds(at(6, 6.0)) == pytest.approx(34 / 5)


def test_no_time_is_told_before_it_is_known_whether_the_plan_is_shortened():
    left = TimeLeft(Schedule(10, 128, None), verdict_epoch=2)
    for step in range(1, 20):
        left.step_done(at(step, step))
        assert left.seconds(at(step, step)) is None
    assert left.seconds(at(20, 20, epochs=3)) == pytest.approx(10)


def test_small_pictures_of_the_first_half_take_less_time():
    schedule, taken = Schedule(10, 128, None, early_cost=0.5), 0.0
    total = 20 * 0.5 + 20
    for step in range(1, 41):
        taken += 0.5 if step <= 20 else 1.0
        assert schedule.remaining_seconds(at(step, taken)) == pytest.approx(total - taken)


def test_a_time_limit_ends_the_time_left():
    schedule = Schedule(10, 128, minutes=0.5)
    assert schedule.remaining_seconds(at(10, 20)) == pytest.approx(10)
    assert schedule.remaining_seconds(at(10, 31)) == 0
