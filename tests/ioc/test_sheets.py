"""Tables as people edit them: what is written is what is read, and no cell is a formula."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import CatalogueError, catalogue, revision
from ioc import sheets
from ioc.sheets import SheetError
from tests.small_city import TEXTS

DIRTY = {
    **TEXTS,
    "places.csv": TEXTS["places.csv"].replace("大桥站,Bridge", '"=HYPERLINK(""x"")","-1+2, @a"'),
    "devices.csv": TEXTS["devices.csv"].replace("name_en\n", "name_en,field_id\n")
    .replace("Bridge gauge\n", "Bridge gauge,00123\n").replace("Lock gauge\n", "Lock gauge,1E5\n"),
    "terminals.csv": "id,crew,kind,name_zh,name_en,contact\nt,c,phone,手机,Phone,+86 523\n",
}  # fmt: skip


def test_a_workbook_read_back_is_what_was_written(tmp_path):
    file = tmp_path / "city.xlsx"
    sheets.write_workbook(file, DIRTY)
    read = sheets.read(file)
    assert read.texts.keys() == DIRTY.keys()
    assert revision.differences(DIRTY, read.texts) == []
    assert read.texts["city.yaml"] == DIRTY["city.yaml"]
    assert catalogue.build(read.texts).places["bridge"].name[0] == '=HYPERLINK("x")'


def test_a_folder_read_back_is_byte_for_byte_what_was_written(tmp_path):
    sheets.write_folder(tmp_path / "new", DIRTY)
    assert sheets.read(tmp_path / "new").texts == DIRTY
    assert sheets.read(tmp_path / "new" / "places.csv").texts == {"places.csv": DIRTY["places.csv"]}


def test_no_cell_is_a_formula_or_a_number(tmp_path):
    file = tmp_path / "city.xlsx"
    sheets.write_workbook(file, DIRTY)
    book = openpyxl.load_workbook(file)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]
    assert {cell.data_type for cell in cells} == {"s"}
    assert {cell.number_format for cell in cells} == {"@"}
    risky = [cell.value for cell in cells if cell.quotePrefix]
    assert {'=HYPERLINK("x")', "-1+2, @a", "-1", "+86 523"} <= set(risky)
    with zipfile.ZipFile(file) as packed:
        assert not [one for one in packed.namelist() if b"<f>" in packed.read(one)]


CELL = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff"),
    max_size=12,
).map(str.strip)


@given(st.lists(st.tuples(CELL, CELL), max_size=6))
def test_any_text_comes_back(tmp_path_factory, cells):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["id", "name_zh", "name_en"])
    writer.writerows((f"g{number}", *pair) for number, pair in enumerate(cells))
    file = tmp_path_factory.mktemp("sheet") / "x.xlsx"
    sheets.write_workbook(file, {"gateways.csv": out.getvalue()})
    read = sheets.read(file).texts["gateways.csv"]
    assert revision.sheet(read).rows == revision.sheet(out.getvalue()).rows


def workbook(file, **tables):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(file)
    return file


def test_numbers_are_values_and_formulas_are_what_they_gave(tmp_path):
    rows = [["id", "lon", "lat"], ["a", 120.5, 32], ["b", "=1+1", "32.10"], [], ["c", 1, True]]
    read = sheets.read(workbook(tmp_path / "x.xlsx", places=rows)).texts["places.csv"]
    # Nobody has computed the formula yet, so it has no value.
    assert read == "id,lon,lat\na,120.5,32\nb,,32.10\nc,1,yes\n"


def test_a_mistake_is_told_by_sheet_and_row(tmp_path):
    rows = [["id", "place", "name_zh", "name_en"], ["a", "bridge", "甲\n乙", "A"], [],
            ["b", "tower", "乙", "B"]]  # fmt: skip
    given = sheets.read(workbook(tmp_path / "x.xlsx", gateways=rows))
    (mistake,) = catalogue.examine({**TEXTS, "devices.csv": TEXTS["devices.csv"].splitlines()[0],
                                    "datastreams.csv": TEXTS["datastreams.csv"].splitlines()[0],
                                    **given.texts}).found  # fmt: skip
    assert given.told(mistake) == (
        "x.xlsx: sheet gateways row 4: place: 'tower' is not known; add it or correct the id"
    )


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        pytest.param(date(2026, 5, 1), "B2: is a date or time; format the cell as text", id="date"),
        pytest.param("#N/A", "B2: is the error #N/A; write the value itself", id="error"),
    ],
)
def test_a_cell_that_is_no_text_is_told_with_its_place(tmp_path, cell, told):
    file = workbook(tmp_path / "x.xlsx", places=[["id", "town"], ["a", cell]])
    with pytest.raises(CatalogueError) as caught:
        sheets.read(file)
    assert str(caught.value).startswith(f"x.xlsx: sheet places row 2: {told}")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        pytest.param("x.xlsx", b"PK nonsense", "is no workbook .xlsx", id="no_workbook"),
        pytest.param("device.csv", b"id\n", "is no table of a city; did you mean 'devices.csv'?",
                     id="misspelled_table"),
        pytest.param("devices.csv", "设备".encode("gb18030"), "is not UTF-8", id="gb18030"),
        pytest.param("gone.csv", None, "there is no such file", id="not_there"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_told(tmp_path, name, content, told):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SheetError, match=told):
        sheets.read(tmp_path / name)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SheetError, match=r"holds none of city\.yaml, places\.csv"):
        sheets.read(tmp_path / "empty")
