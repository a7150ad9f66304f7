"""What a marketer reads: why a file was refused, why a row stays out. Codes are stored, sentences follow the reader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

REFUSALS = {
    "empty": _("The file is empty."),
    "no_rows": _("The file has a header but no rows under it."),
    "no_header": _("There is no header in that row."),
    "wrong_type": _("This is not an Excel workbook (.xlsx) or a CSV file, whatever its name says."),
    "old_excel": _(
        "This is the old Excel format (.xls) or a workbook with a password. Open it in Excel and save it as .xlsx without one."
    ),
    "encrypted": _("This workbook is locked with a password. Save a copy without one."),
    "macros": _("Workbooks with macros are not accepted. Save a copy as .xlsx."),
    "external_links": _(
        "This workbook takes values from other workbooks. Copy the sheet, paste it as values, and save it as .xlsx."
    ),
    "broken": _("This file is damaged. Open it in Excel and save it as .xlsx again."),
    "doctype": _("This workbook holds definitions that no spreadsheet program writes. It is not opened."),
    "too_large": _("This file has %(size)s MB; the limit is %(limit)s MB. Split it."),
    "too_many_parts": _("This workbook has more than %(limit)s parts. Save a copy with the one sheet that is needed."),
    "too_big_unpacked": _("Unpacked, this workbook would take %(size)s MB; the limit is %(limit)s MB. Split it."),
    "too_dense": _("This workbook unpacks to more than %(limit)s times its size. It is not opened."),
    "too_many_rows": _("There are more than %(limit)s rows. Split the file."),
    "too_many_columns": _("There are more than %(limit)s columns. Delete those that are not needed."),
    "far_cells": _(
        "Some cells lie far away from the others, which makes the sheet enormous. Copy the table into a new workbook."
    ),
    "cell_too_long": _("A cell holds more than %(limit)s characters, or a quotation mark is never closed."),
    "encoding": _("The text cannot be read. Save the file as CSV UTF-8."),
    "child_memory": _("Reading this file took more than %(limit)s MB of memory, so it was stopped. Split it."),
    "child_time": _("Reading this file took too long, so it was stopped. Split it."),
    "child_broken": _("This file could not be read. Open it in Excel and save it as .xlsx again."),
    "file_gone": _("The uploaded file is not there any more. Upload it again."),
    "races": _("Other work kept changing the same members. Start the import again; what is in stays in."),
    "stopped": _("The import stopped unexpectedly. Start it again; what is in stays in."),
}

PROBLEMS = {
    "total_row": _("This is a sum, not a record."),
    "header_again": _("This is the header once more, not a record."),
    "required": _("This cell must not be empty."),
    "no_identity": _("There is no phone, card number, OpenID or UnionID in this row."),
    "phone_invalid": _("This is not a phone number."),
    "phone_scientific": _(
        "The spreadsheet has cut this number (1.38E+10). Format the column as text in the original file and export it again."
    ),
    "digits_lost": _(
        "The spreadsheet keeps only 15 digits of a number, so the last ones are lost. Export the column as text."
    ),
    "card_changed": _(
        "The spreadsheet has turned this into a date or a fraction. Format the column as text in the original file."
    ),
    "id_invalid": _("This is not an OpenID or UnionID."),
    "date_invalid": _("This date does not exist."),
    "date_future": _("This date is in the future."),
    "date_too_old": _("This date is before 1900."),
    "number_invalid": _("This is not a number."),
    "number_fraction": _("This must be a whole number."),
    "number_negative": _("This must not be negative."),
    "number_too_large": _("This number is too large."),
    "gender_unknown": _("This gender is not known: write 男 or 女, M or F."),
    "yes_no_unknown": _("Write 是 or 否, yes or no."),
    "tag_invalid": _("There are too many tags, or one is longer than 40 characters."),
    "too_long": _("This text is too long."),
    "not_readable": _("There are characters in it that cannot be shown."),
    "unknown_store": _("There is no such store in this brand."),
    "unknown_tier": _("There is no such tier in this programme."),
    "duplicate_in_file": _("Row %(row)s has it too; the first one counts."),
    "same_member": _("Row %(row)s reaches the same member; the first one counts."),
    "conflict": _("Its phone and card belong to two different members. Nobody guesses: correct the row."),
}


def refusal(code: str, detail: Mapping[str, Any] | None = None) -> str:
    """The sentence for a refused or failed file, in the language that is active."""
    return _filled(REFUSALS.get(code, REFUSALS["child_broken"]), detail or {})


def problem(code: str, other_row: int | None = None) -> str:
    """The sentence for a row that stays out, in the language that is active."""
    return _filled(PROBLEMS.get(code, code), {"row": other_row})


def _filled(sentence: Any, words: Mapping[str, Any]) -> str:
    text = str(sentence)
    return text % words if "%(" in text else text
