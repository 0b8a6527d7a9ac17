"""CSV files of named columns, every value as text: '00' stays '00'."""

import csv
import itertools
import operator
import pathlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pygoodvibes.util.atomic import draft
from pygoodvibes.util.errors import UserError


def write_records(
    path: str | pathlib.Path, records: Iterable[Mapping[str, object]], columns: Sequence[str]
) -> None:
    """Write one row a record, with a header, in the order of `columns`: a whole file or none."""
    with draft(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(_rows(records, columns))


def _rows(
    records: Iterable[Mapping[str, object]], columns: Sequence[str]
) -> Iterator[Sequence[object]]:
    """Return the values of records, '' for what one lacks, in half the time of `csv.DictWriter`."""
    known = set(columns)
    values_of = operator.itemgetter(*columns) if len(known) > 1 else None
    for record in records:
        if values_of and record.keys() == known:
            yield values_of(record)
            continue
        if unknown := record.keys() - known:
            raise ValueError(f"no such column: {', '.join(map(repr, unknown))}")
        yield [record.get(column, "") for column in columns]


def read_columns(path: str | pathlib.Path) -> list[str]:
    """Return the names of the columns, from the header."""
    with pathlib.Path(path).open(newline="", encoding="utf-8") as file:
        return next(csv.reader(file), [])


def read_records(path: str | pathlib.Path, *, most: int | None = None) -> list[dict[str, str]]:
    """Read one record a row, of all rows or of the first `most`.

    Raises
    ------
    UserError
        If the file is missing or no CSV text, or a row has more or fewer values than the header.
    """
    records = []
    try:
        with pathlib.Path(path).open(newline="", encoding="utf-8") as file:
            reader = csv.reader(file)
            names = next(reader, [])
            # half the time of `csv.DictReader`
            for row in itertools.islice(filter(None, reader), most):
                if len(row) != len(names):
                    raise UserError(
                        "{path}, line {line}: more or fewer values than the {names} column(s) "
                        "of the header",
                        path=path,
                        line=reader.line_num,
                        names=len(names),
                    )
                records.append(dict(zip(names, row, strict=True)))
    except FileNotFoundError:
        raise UserError("{path}: no such file", path=path) from None
    except OSError as error:
        raise UserError(
            "{path}: can't be read ({reason})", path=path, reason=error.strerror
        ) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError("{path}: no CSV file in UTF-8 ({error})", path=path, error=error) from None
    return records
