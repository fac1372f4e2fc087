"""Windows of `created`: cutting, resuming."""

from __future__ import annotations

from tap_stripe_ext.windows import Window, replaced


def test_window_over_everything_filters_nothing():
    assert Window(0).created_filter() == {}


def test_window_filters_from_its_start_to_before_its_end():
    assert Window(100, 200).created_filter() == {"gte": 100, "lt": 200}


def test_cut_keeps_the_cursor_in_the_newer_part():
    begun = Window(0, None).after("ch_9", 10_000)

    assert begun.cut_at(9_200) == (Window(9_200, None, "ch_9", 10_000), Window(0, 9_200))


def test_lost_cursor_means_reading_from_the_second_that_was_reached():
    assert Window(0, None, "ch_gone", 700).restarted() == Window(0, 701)


def test_replaced_keeps_the_other_windows():
    one, two, left = Window(0, 5), Window(5, 9), Window(0, 5, "x", 3)

    assert replaced((one, two), one, (left,)) == (two, left)
    assert replaced((one, two), two, ()) == (one,)
