"""People from a file: checked as a whole first, drafts only, and errors that name the cell and never what it holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile.models import Address, Person, Plan
from checkins import csv_import
from checkins.csv_import import FileWrong
from tests import cast
from tests.checkins.conftest import NOW

HEAD = "name,language,number,channel,days,at_time,from,to,shared,interpreter\n"
GOOD = HEAD + "Arta,sq,07700 900201,sms,tue fri,10:00,9:00,17:00,no,yes\n\nLinh,vi,+44 7700 900202,whatsapp,,,,,,\n"


def run(house, text, dry_run=True):
    with house.database.write() as session:
        staff_id = house.staff_id() if house.all(cast.Staff) else cast.staff(session).id
        return csv_import.run(session, text.encode(), staff_id, NOW, dry_run=dry_run)


def test_a_dry_run_makes_nothing(house):
    done = run(house, GOOD)
    assert (done.rows, done.errors, done.made) == (2, [], [])
    assert house.all(Person) == []


def test_an_import_makes_records_and_drafts_and_sends_nothing(house):
    done = run(house, GOOD, dry_run=False)
    assert done.made == [p.ref for p in house.all(Person)] and len(done.made) == 2
    assert [a.consent for a in house.all(Address)] == [False, False]
    first, second = house.all(Plan)
    assert (first.rule, first.at_time, first.safe_hours["mon"], first.confirmed_at) == ("FREQ=WEEKLY;BYDAY=TU,FR", "10:00", [["09:00", "17:00"]], None)
    assert second.channels == ["whatsapp"]
    assert house.all(Person)[0].interpreter_needed is True
    house.tick()
    assert house.sent() == []


@pytest.mark.parametrize(("row", "column"), [
    (",sq,07700900201,sms,,,,,,", "name"), ("A,xx,07700900201,sms,,,,,,", "language"), ("A,sq,12,sms,,,,,,", "number"), ("A,sq,07700900201;07700900203,sms,,,,,,", "number"),
    ("A,sq,07700900201,pigeon,,,,,,", "channel"), ("A,sq,07700900201,sms,someday,,,,,", "days"), ("A,sq,07700900201,sms,,25:00,,,,", "at_time"),
    ("A,sq,07700900201,sms,,,17:00,9:00,,", "from"), ("A,sq,07700900201,sms,,,,,perhaps,", "shared"), ("A,sq,07700900201,sms,,,,,,perhaps", "interpreter"),
    ("A,sq,07700900201,sms,,,,,,,extra", "row"),
])
def test_each_wrong_cell_is_named_and_nothing_of_the_file_is_taken(house, row, column):
    done = run(house, HEAD + row + "\nLinh,vi,07700900202,sms,,,,,,\n", dry_run=False)
    assert [(e.line, e.column) for e in done.errors] == [(2, column)]
    assert done.made == [] and house.all(Person) == []
    assert all("0770" not in e.why for e in done.errors)


def test_a_number_twice_in_the_file_or_in_a_record_already_is_refused(house):
    twice = HEAD + "A,sq,07700900201,sms,,,,,,\nB,sq,+447700900201,sms,,,,,,\n"
    assert [(e.line, e.column) for e in run(house, twice).errors] == [(3, "number")]
    run(house, GOOD, dry_run=False)
    assert [(e.line, e.column) for e in run(house, GOOD).errors] == [(2, "number"), (4, "number")]


@pytest.mark.parametrize("data", ["", "name,language\nA,sq\n", "name,language,number,channel,colour\n", "name,name,language,number,channel\n",
                                  HEAD + '"unended,sq,1,sms\n'])
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(house, data):
    with pytest.raises(FileWrong):
        run(house, data)


def test_other_separators_and_excel_s_mark_at_the_start_are_read(house):
    assert run(house, "\ufeff" + GOOD.replace(",", ";")).errors == []


@pytest.mark.parametrize("data", [b"\xff\xfe\x00n\x00a", b"x" * (csv_import.MOST_BYTES + 1)])
def test_other_encodings_and_huge_files_are_refused(house, data):
    with pytest.raises(FileWrong), house.database.read() as session:
        csv_import.run(session, data, 1, NOW)


@given(st.text(max_size=300))
def test_law_no_file_breaks_the_reader(text):
    try:
        list(csv_import._rows((HEAD + text).encode("utf-8", "surrogatepass")))
    except FileWrong:
        pass
