"""What a campaign of changes to an incumbent says of each, from differences alone."""

import math

import pytest

from dlexp.statistics.looks import Looks
from dlexp.statistics.paired import LEVEL, paired
from dlexp.statistics.ratchet import FRESH_SEEDS, level_of, tried

LOOKS = Looks(12)
#: Better at the first look: after 3 differences, at a level of 0.0013.
CLEAR = [0.0300, 0.0301, 0.0299]
#: Surely better at 95 % over 8 seeds, and at 0.0304, the level of the first confirmation; not at that of the third.
BETTER = [0.01, 0.03, 0.02, 0.00, 0.03, 0.02, 0.01, 0.02]


def test_a_change_is_kept_if_it_is_better_twice() -> None:
    """Screened on the first seeds, then confirmed on new ones by the fixed paired t."""
    assert tried(CLEAR, [], 1, LOOKS).standing == "promising"
    found = tried(CLEAR, BETTER, 1, LOOKS)

    assert found.standing == "kept"
    assert found.screening == paired(CLEAR, level=LOOKS.level(3))
    assert found.confirmation == paired(BETTER, level=level_of(1))


def test_a_later_confirmation_needs_more() -> None:
    """The level of the j-th one is that of the first over j squared."""
    assert tried(CLEAR, BETTER, 2, LOOKS).standing == "kept"
    assert tried(CLEAR, BETTER, 9, LOOKS).standing == "not confirmed"
    assert sum(map(level_of, range(1, 100_000))) == pytest.approx(LEVEL, rel=1e-4)
    assert level_of(3) == pytest.approx(0.05 * 6 / (math.pi**2 * 9))


def test_the_first_look_that_tells_decides() -> None:
    """Differences of seeds that were trained ahead count for nothing."""
    assert tried([*CLEAR, *[-1.0] * 9], [], 1, LOOKS) == tried(CLEAR, [], 1, LOOKS)
    assert tried([-each for each in CLEAR], [], 1, LOOKS).standing == "worse"


def test_a_screening_is_open_until_it_tells_or_is_given_up() -> None:
    """From half of the seeds on it is given up where the mean is below its standard error; at the end in any case."""
    uncertain = [0.01, -0.01, 0.012, -0.012, 0.011, -0.011]

    assert tried([], [], 1, LOOKS).standing == "open"
    assert tried([9.0, 9.1], [], 1, LOOKS).screening is None
    assert tried(uncertain[:5], [], 1, LOOKS).standing == "open"
    assert tried(uncertain, [], 1, LOOKS).standing == "cannot tell"

    leaning = [0.01, 0.05, -0.02, 0.06] * 3
    assert tried(leaning[:11], [], 1, LOOKS).standing == "open"
    assert tried(leaning, [], 1, LOOKS).standing == "cannot tell"


def test_differences_that_are_all_equal_tell_nothing() -> None:
    """Their deviation of 0 would make any mean look certain; that of rounding stands in for it."""
    assert tried([0.5] * 6, [], 1, LOOKS).standing == "open"
    assert tried([0.5] * 12, [], 1, LOOKS).standing == "cannot tell"
    assert tried([0.5] * 3, [], 1, LOOKS, least_sd=0.01).standing == "promising"
    assert tried(CLEAR, [0.5] * FRESH_SEEDS, 1, LOOKS).standing == "not confirmed"


def test_there_is_no_verdict_where_one_side_collapsed_more_often() -> None:
    """The screening waits for a look without doubt, half of the seeds; two differences confirm nothing."""
    assert tried(CLEAR, [], 1, LOOKS, in_doubt={3}).standing == "open"
    assert tried([*CLEAR, 0.03], [], 1, LOOKS, in_doubt={3}).standing == "promising"
    assert tried([*CLEAR, *CLEAR], [], 1, LOOKS, in_doubt=range(3, 13)).standing == "cannot tell"
    assert tried(CLEAR, BETTER[:2], 1, LOOKS).standing == "not confirmed"
