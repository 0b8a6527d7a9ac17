"""What every rule's script does around its work: a log, and errors that a user can read."""

import contextlib
import logging
import pathlib
import sys
import warnings
from collections.abc import Iterator, Sequence

from pygoodvibes.errors import UserError


@contextlib.contextmanager
def logged(log: Sequence[str]) -> Iterator[None]:
    """Write the log of a job to its file; on bad input say what is wrong and exit with 1.

    Parameters
    ----------
    log : sequence of str
        The rule's log file, or none.
    """
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    handlers[0].setLevel(logging.ERROR)
    if log:
        pathlib.Path(log[0]).parent.mkdir(parents=True, exist_ok=True)
        handlers.append(logging.FileHandler(log[0], mode="w", encoding="utf-8"))
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        handlers=handlers,
        force=True,
    )
    logging.captureWarnings(True)
    warnings.simplefilter("default")
    try:
        yield
    except UserError as error:
        for handler in handlers[1:]:
            record = {"name": __name__, "msg": str(error), "levelname": "ERROR"}
            handler.emit(logging.makeLogRecord(record))
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(1)
    except Exception:
        logging.getLogger(__name__).exception("the job failed")
        raise
