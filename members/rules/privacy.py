"""Until when a person's request is to be answered, and from which age somebody decides alone. Pure."""

from datetime import date, timedelta

DAYS = 15  # working days, from Monday to Friday; holidays are not known here, so the answer may only be early
GROWN = 14  # years: below, a guardian decides, and there are no offers


def due_on(asked: date, *, days: int = DAYS) -> date:
    """The last day for an answer: so many working days after the day of asking."""
    day = asked
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day


def birthday_of(birthday: date, years: int) -> date:
    """The day on which so many years are full; who was born on 29 February has it on 1 March of a common year."""
    try:
        return birthday.replace(year=birthday.year + years)
    except ValueError:
        return date(birthday.year + years, 3, 1)


def is_minor(birthday: date | None, today: date) -> bool:
    """Whether this person is below fourteen today. Nobody's age is guessed: without a birthday, no."""
    return birthday is not None and today < birthday_of(birthday, GROWN)
