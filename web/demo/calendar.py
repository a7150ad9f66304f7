"""When people shop: weekdays, feasts and the two sales festivals. A weight for each day."""

from datetime import date

import numpy as np

# Spring Festival (the first day of the lunar year) as published; other years fall back to 5 February.
SPRING = {
    2024: date(2024, 2, 10), 2025: date(2025, 1, 29), 2026: date(2026, 2, 17), 2027: date(2027, 2, 6),
    2028: date(2028, 1, 26), 2029: date(2029, 2, 13), 2030: date(2030, 2, 3),
}  # fmt: skip
WEEK = (0.92, 0.9, 0.92, 0.96, 1.12, 1.28, 1.2)


def weight(day: date) -> float:
    """How busy a day is beside an ordinary one."""
    spring = (day - SPRING.get(day.year, date(day.year, 2, 5))).days
    value = WEEK[day.weekday()]
    if -12 <= spring < 0:
        value *= 1.9  # buying for the feast
    elif 0 <= spring <= 4:
        value *= 0.45  # home with the family
    if (day.month, day.day) == (6, 18) or (day.month, day.day) == (11, 11):
        value *= 4.5
    elif (day.month == 6 and 14 <= day.day <= 20) or (day.month == 11 and 6 <= day.day <= 12):
        value *= 2.1
    elif (day.month == 10 and day.day <= 7) or (day.month == 5 and day.day <= 5):
        value *= 1.4
    return value


def weights(first: int, last: int) -> np.ndarray:
    """The weights of the days ``first`` to ``last`` (ordinals, both counted)."""
    return np.array([weight(date.fromordinal(day)) for day in range(first, last + 1)])


def is_sale(day: int) -> bool:
    """Whether prices are cut that day (an ordinal)."""
    return weight(date.fromordinal(day)) >= 2
