"""What all figures share: colours, titles, panels, axis limits, and how a figure is written.

Figures are built on `matplotlib.figure.Figure` with the Agg canvas, without pyplot: no global
state, no window system, and the same input gives the same bytes. The colours are those of Okabe
and Ito (Color Universal Design, 2008), told apart by people with the common forms of colour
blindness; marker and line style differ as well, so that a grey print can still be read.
"""

import functools
import pathlib
import re
import textwrap
from collections.abc import Callable, Iterable, Sequence

import matplotlib.style
import numpy as np
import pandas as pd
import PIL.Image
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from pygoodvibes.data import clip
from pygoodvibes.figures import quick
from pygoodvibes.util.atomic import draft
from pygoodvibes.util.errors import UserError

DPI = 150
NORMAL = "#0072B2"
ANOMALY = "#D55E00"
TRAIN = "#A6A6A6"
UNKNOWN = "#CC79A7"
INK = "#333333"
FAINT = "#E3E3E3"

# What a clip is to the reader: (legend entry, colour, marker).
GROUPS = {
    "train": ("training, normal", TRAIN, "o"),
    "normal": ("test, normal", NORMAL, "s"),
    "anomaly": ("test, anomalous", ANOMALY, "^"),
    "unknown": ("test, unknown label", UNKNOWN, "D"),
}

# Blue and vermillion come last: they mean normal and anomalous elsewhere.
_CYCLE = ("#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#000000", "#7F7F7F", "#0072B2", "#D55E00")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_LINES: tuple = (
    "-",
    (0, (5, 1.5)),
    (0, (5, 1.5, 1, 1.5)),
    (0, (1.2, 1.2)),
    (0, (8, 2)),
    (0, (3, 1, 1, 1, 1, 1)),
    (0, (2, 2)),
    (0, (9, 2, 2, 2)),
)

_RC = {
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.labelsize": 9.0,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "legend.fontsize": 8.5,
    "legend.title_fontsize": 8.5,
    "legend.frameon": False,
    "figure.titlesize": 12.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "savefig.dpi": DPI,
    "figure.dpi": DPI,
    "path.simplify": True,
    "agg.path.chunksize": 20000,
}


def styled(function: Callable) -> Callable:
    """Run a function with the project's matplotlib settings, whatever the user's own are."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        with matplotlib.style.context(["default", _RC]):
            return function(*args, **kwargs)

    return wrapper


@styled
def save(figure: Figure, path: str | pathlib.Path) -> None:
    """Write a figure as PNG without metadata that varies between machines and versions.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What to write.
    path : str or pathlib.Path
        Where to; the folder is made if need be. The format is PNG, 150 dots per inch.

    Raises
    ------
    UserError
        If the path does not end in ``.png``.
    """
    path = pathlib.Path(path)
    if path.suffix.lower() != ".png":
        raise UserError(
            "cannot write the figure {path}: figures are PNG; end the name in .png", path=path
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with draft(path) as beside:
        picture = with_palette(quick.drawn(figure, dpi=DPI))
        # 6, the default, takes twice as long on spectrograms and saves a fiftieth
        picture.save(beside, format="PNG", dpi=(DPI, DPI), compress_level=5)


def with_palette(picture: PIL.Image.Image) -> PIL.Image.Image:
    """Return a picture with a palette of 256 colours: as a PNG a third of the usual size."""
    # each colour once: the method goes by which there are, not by how often
    pixels = np.array(picture.convert("RGBA")).view("<u4")[..., 0] & 0xFFFFFF
    there = np.zeros(1 << 24, dtype=bool)
    there[pixels.ravel()] = True
    colours = np.flatnonzero(there).astype("<u4")
    each = PIL.Image.fromarray(colours[None, :].view(np.uint8).reshape(1, -1, 4), "RGBA")
    # this method keeps colours that are rare in the picture, such as those of a scale's ends
    chosen = each.convert("RGB").quantize(
        256, PIL.Image.Quantize.MAXCOVERAGE, dither=PIL.Image.Dither.NONE
    )
    number_of = np.zeros(1 << 24, dtype=np.uint8)
    number_of[colours] = np.asarray(chosen)[0]
    drawn = PIL.Image.fromarray(number_of[pixels])
    drawn.putpalette(chosen.getpalette())
    return drawn


def new_figure(width: float, height: float, title: str, title_suffix: str) -> Figure:
    """Make an empty figure whose title ends in what data it is from.

    Parameters
    ----------
    width, height : float
        Size in inches.
    title : str
        What the figure shows. Lines too long for the width are broken.
    title_suffix : str
        Which data it is from, e.g. 'synthetic data'; may be empty.

    Returns
    -------
    matplotlib.figure.Figure
        With constrained layout and an Agg canvas.
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    whole = f"{title} · {title_suffix}" if title_suffix else title
    characters = max(20, int(width * 11.5))
    if title_suffix and max(map(len, whole.split("\n"))) > characters:
        whole = f"{title}\n{title_suffix}"
    lines = [wrapped(line, characters) for line in whole.split("\n")]
    figure.suptitle("\n".join(lines))
    figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)
    return figure


def panels(
    count: int,
    title: str,
    title_suffix: str,
    *,
    panel_width: float = 3.4,
    panel_height: float = 3.0,
    max_columns: int = 3,
    least_width: float = 5.5,
) -> tuple[Figure, list[Axes]]:
    """Make a figure of `count` equal panels, filled row by row.

    Parameters
    ----------
    count : int > 0
        Number of panels.
    title, title_suffix : str
        As in `new_figure`.
    panel_width, panel_height : float
        Inches for each panel with its labels.
    max_columns : int > 0
        Panels beside each other.
    least_width : float
        Inches below which the whole figure is not made, so that its title fits.

    Returns
    -------
    tuple of (Figure, list of Axes)
        The list has `count` axes.
    """
    columns = grid_columns(count, max_columns)
    rows = -(-count // columns)
    figure = new_figure(
        max(least_width, columns * panel_width), rows * panel_height + 0.7, title, title_suffix
    )
    axes = [figure.add_subplot(rows, columns, number + 1) for number in range(count)]
    return figure, axes


def height_beside(lines: int, least: float) -> float:
    """Return the inches of a panel beside whose axes a legend of so many lines stands."""
    return max(least, 0.35 + 0.19 * lines)


def grid_columns(count: int, max_columns: int) -> int:
    """Return how many columns leave the fewest empty places for `count` panels."""
    if count <= max_columns or max_columns == 1:
        return min(max(1, count), max_columns)
    return min(
        range(max(2, max_columns - 1), max_columns + 1),
        key=lambda columns: (-count % columns, -columns),
    )


@styled
def message_figure(title: str, title_suffix: str, message: str) -> Figure:
    """Make a figure that says in words why there is nothing to draw."""
    figure, (axes,) = panels(1, title, title_suffix, panel_width=6.0, panel_height=2.2)
    say(axes, message, width=70)
    return figure


def say(axes: Axes, message: str, *, width: int = 34) -> None:
    """Write in an empty panel why it is empty."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color(FAINT)
    axes.text(
        0.5,
        0.5,
        wrapped(message, width),
        transform=axes.transAxes,
        ha="center",
        va="center",
        color=INK,
        fontsize=9,
    )


def panel_title(
    axes: Axes, title: str, notes: Iterable[str] = (), *, width: int = 44, pad: float = 6.0
) -> None:
    """Title a panel; what is missing from it goes in the line below."""
    text = "; ".join(note for note in notes if note)
    axes.set_title(f"{title}\n{wrapped(text, width)}" if text else title, loc="left", pad=pad)


def short(detector: str) -> str:
    """Return a detector's name for a legend: the last part of a dotted path, 20 letters at most."""
    name = detector.rpartition(".")[2] or detector
    return name if len(name) <= 20 else name[:19] + "…"


def wrapped(text: str, width: int) -> str:
    """Break a sentence into lines of at most `width` characters."""
    return textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)


def with_name(title: str, width: int) -> str:
    """Break a title with a long file name into lines, at spaces and behind underscores."""
    lines = [""]
    for piece in re.findall("[^ _]*[ _]|[^ _]+", title):
        if len(lines[-1]) + len(piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)


def colour(number: int) -> str:
    """Return the colour of the detector, machine type or ID with this number from 0."""
    return _CYCLE[number % len(_CYCLE)]


def marker(number: int) -> str:
    """Return the marker that goes with `colour`; another one at each turn of the colours."""
    return _MARKERS[(number + number // len(_CYCLE)) % len(_MARKERS)]


def line(number: int) -> str | tuple:
    """Return the line style that goes with `colour`; another one at each turn of the colours."""
    return _LINES[(number + number // len(_CYCLE)) % len(_LINES)]


def in_order(values: Iterable) -> list:
    """Return the distinct values in the order they first appear."""
    return list(dict.fromkeys(values))


def machines_in(table: pd.DataFrame) -> list[str]:
    """Return the machine types of a table, in the order of the tables of results."""
    return sorted(table["machine"].unique())


def ids_in(table: pd.DataFrame) -> list[str]:
    """Return the machine IDs of a table, sorted."""
    return sorted(table["id"].unique())


def unit_of(table: pd.DataFrame) -> str:
    """Return what the IDs of a table are: 'section' or 'machine ID'.

    Tables of clips tell by names and domains, those of metrics by columns per domain.
    """
    if "official" in table.columns:
        return "section"
    return clip.unit_of(table.get("clip", ()), table.get("domain", ()))


def short_unit(unit: str) -> str:
    """Return the unit where there is little room: 'section' or 'ID'."""
    return "section" if unit == "section" else "ID"


def require(
    table: pd.DataFrame, columns: Sequence[str], what: str, *, may_be_empty: bool = False
) -> None:
    """Check that a table has the columns a figure needs and, unless it may be empty, a row.

    Raises
    ------
    UserError
        If a column is missing, there is no row, or a machine or an ID is not text.
    """
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise UserError(
            "the table of {what} has no column {missing}; it has {columns}",
            what=what,
            missing=", ".join(missing),
            columns=", ".join(map(str, table.columns)),
        )
    if table.empty and not may_be_empty:
        raise UserError("the table of {what} has no row: there is nothing to draw", what=what)
    for column in {"machine", "id"}.intersection(columns):
        if not all(isinstance(value, str) for value in table[column].unique()):
            raise UserError(
                "the table of {what} has a {column} that is not text; read the column as "
                "str, or '00' becomes 0",
                what=what,
                column=column,
            )


def groups_of(table: pd.DataFrame, what: str) -> pd.Series:
    """Return for each clip its group: 'train', 'normal', 'anomaly' or 'unknown'.

    Training clips are 'train' whatever their label; test clips are named by their label.

    Raises
    ------
    UserError
        If a split or a label is none of those the manifest knows.
    """
    for column, known in (
        ("split", ("train", "test")),
        ("label", ("normal", "anomaly", "unknown")),
    ):
        wrong = table.loc[~table[column].isin(known), column]
        if len(wrong):
            raise UserError(
                "the table of {what} has the {column} {value!r}; allowed are {known}",
                what=what,
                column=column,
                value=wrong.iloc[0],
                known=", ".join(known),
            )
    return table["label"].where(table["split"] == "test", "train")


def missing_notes(groups: Iterable[str]) -> list[str]:
    """Name what a machine ID lacks for training or for evaluation, given its clips' groups."""
    present = set(groups)
    wanted = {
        "train": "no training clips",
        "normal": "no normal test clips",
        "anomaly": "no anomalous test clips",
    }
    return [note for group, note in wanted.items() if group not in present]


def absent_note(
    absent: Sequence[str], metrics: pd.DataFrame, unit: str, *, start: str = "without"
) -> str:
    """Say which machine IDs of one type a panel cannot show and, for up to three, why.

    Parameters
    ----------
    absent : sequence of str
        Machine IDs not shown.
    metrics : pandas.DataFrame
        The metrics of this machine type: id and, where known, note with the reason.
    unit : {'machine ID', 'section'}
        What the IDs are.
    start : str
        How the sentence starts.

    Returns
    -------
    str
        '' if all are shown.
    """
    if not absent:
        return ""
    if "note" not in metrics.columns or len(absent) > 3:
        return f"{start} {short_unit(unit)} {', '.join(absent)}"
    parts = []
    for id_ in absent:
        notes = [note for note in metrics.loc[metrics["id"] == id_, "note"].dropna() if note]
        parts.append(f"{id_} ({notes[0]})" if notes else id_)
    return f"{start} {short_unit(unit)} {', '.join(parts)}"


def robust_limits(
    values: np.ndarray, groups: np.ndarray | None = None, *, pad: float = 0.06
) -> tuple[float, float]:
    """Return axis limits that a few extreme values do not stretch.

    Each group of values is kept up to Tukey's outer fences, three times the interquartile range
    beyond the quartiles, so that a small group far away is shown and a stray value is not.

    Parameters
    ----------
    values : np.ndarray [shape=(n,)]
        Values along the axis; those that are not finite are left out.
    groups : np.ndarray [shape=(n,)], optional
        Group of each value; by default all are one group.
    pad : float
        Empty space at either end as a part of the range.

    Returns
    -------
    tuple of float
        Lower and upper limit; (-1, 1) without finite values.
    """
    groups = np.zeros(len(values)) if groups is None else groups
    finite = np.isfinite(values)
    values, groups = values[finite], groups[finite]
    if not values.size:
        return -1.0, 1.0
    ends = []
    for group in np.unique(groups):
        mine = values[groups == group]
        first, third = np.percentile(mine, [25, 75])
        reach = 3 * (third - first) or np.inf
        ends += [max(mine.min(), first - reach), min(mine.max(), third + reach)]
    low, high = min(ends), max(ends)
    room = pad * (high - low) if high > low else max(1.0, 0.1 * abs(high))
    return float(low - room), float(high + room)


def beyond(axes: Axes, x: np.ndarray, y: np.ndarray) -> str:
    """Say how many points lie outside the limits of a panel; '' if none does."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    inside = (x >= left) & (x <= right) & (y >= bottom) & (y <= top)
    return count_of(int((~inside).sum()), "clip") + " beyond the axes" if not inside.all() else ""


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun: '1 clip', '1,200 clips'."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def component_label(name: str, ratios: Sequence[float] | None, *, more: str = "") -> str:
    """Return the axis label of a principal component with the variance it explains."""
    number = int(name.removeprefix("PC")) - 1
    parts = [more] if more else []
    if ratios is not None and number < len(ratios) and np.isfinite(ratios[number]):
        parts.append(f"{100 * ratios[number]:.1f} % of variance")
    return f"{name} ({', '.join(parts)})" if parts else f"{name} (no unit)"
