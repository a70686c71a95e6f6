"""Work on all processors gives what it gives one by one."""

import threading

import pytest

from analysis import parallel


def test_results_are_in_the_order_of_what_was_given():
    assert parallel.each(lambda number: number**2, range(50)) == [
        number**2 for number in range(50)
    ]
    assert parallel.each(str, []) == []


def test_several_are_worked_on_at_a_time(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    both = threading.Barrier(2, timeout=30)
    assert parallel.each(lambda item: (both.wait(), item)[1], ["a", "b"]) == ["a", "b"]


def test_the_first_error_is_raised():
    def fails(number):
        if number > 2:
            raise ValueError(number)
        return number

    with pytest.raises(ValueError, match="3"):
        parallel.each(fails, range(6))
