"""Versions of snapshots, and which of them is the newest that was written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tap_stripe_ext.versions import WrittenVersions


@given(st.lists(st.tuples(st.sampled_from(["pi_1", "pi_2", "pi_3"]), st.integers(1, 9))))
def test_a_version_counts_unless_a_newer_one_of_its_payment_was_written(
    written: list[tuple[str, int]],
) -> None:
    versions = WrittenVersions()
    for place, (payment, version) in enumerate(written):
        before = [one for name, one in written[:place] if name == payment]

        assert versions.wrote(payment, version) is (version >= max(before, default=0))


def test_payments_of_which_nothing_was_written_for_longest_are_forgotten() -> None:
    versions = WrittenVersions(most=2)
    for payment in ("pi_1", "pi_2", "pi_1", "pi_3"):
        versions.wrote(payment, 5)

    assert not versions.wrote("pi_1", 4)
    assert versions.wrote("pi_2", 4)
