"""Layout and drawing of axes without an object a tick, each measured once.

matplotlib makes five artists for each tick, two of them texts. In laying out a figure it measures
them again and again, and a colour bar once for each of its panels. That took longer than to draw.
Here one tick stands for all of an axis, and what is measured is kept while a figure is laid out and
drawn. The pictures are the same, pixel by pixel.
"""

import contextlib
from collections.abc import Iterator

import numpy as np
import PIL.Image
from matplotlib.axes import Axes
from matplotlib.axis import Axis, Tick, XAxis, YAxis
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import NullLocator
from matplotlib.transforms import Bbox

_NEEDED = (
    "_get_ticklabel_bboxes",
    "_tick_group_visible",
    "_update_label_position",
    "_update_offset_text_position",
    "_update_ticks",
)

KNOWN = all(hasattr(Axis, name) for name in _NEEDED)
"""Whether this matplotlib is built as those are that this was written for; else it draws alone."""

Marks = tuple[np.ndarray, list[str]]
"""Places of ticks in data coordinates, and what is written at each."""


def drawn(figure: Figure, *, dpi: float) -> PIL.Image.Image:
    """Lay out a figure and draw it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        With all that is to be drawn. It keeps its layout. Axes that aren't plain ones, such as 3-D
        axes, are left to matplotlib.
    dpi : float > 0
        Dots per inch.

    Returns
    -------
    PIL.Image.Image
        RGBA.
    """
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    engine = figure.get_layout_engine()
    with _one_tick_an_axis(figure) if KNOWN else contextlib.nullcontext():
        if engine is not None:
            # savefig would draw everything once more to do this
            engine.execute(figure)
            figure.set_layout_engine("none")
        canvas.draw()
    return PIL.Image.fromarray(np.asarray(canvas.buffer_rgba()))


@contextlib.contextmanager
def _one_tick_an_axis(figure: Figure) -> Iterator[None]:
    """Let one tick stand for all of each axis. Nothing may change but places."""
    plain = [axes for axes in figure.axes if {*map(type, _axis_of(axes))} <= {XAxis, YAxis}]
    for axes in plain:
        axes.get_tightbbox = _Remembered(axes)
        for axis in _axis_of(axes):
            axis.__class__ = _QuickX if isinstance(axis, XAxis) else _QuickY
            axis.known = {}
    try:
        yield
    finally:
        for axes in plain:
            del axes.get_tightbbox
            for axis in _axis_of(axes):
                axis.__class__ = XAxis if isinstance(axis, XAxis) else YAxis
                del axis.known


def _axis_of(axes: Axes) -> list[Axis]:
    return [axes.xaxis, axes.yaxis]


class _Remembered:
    """The room that axes take, by their place: asked once for each panel of a colour bar."""

    def __init__(self, axes: Axes):
        self._measure, self._axes, self._known = axes.get_tightbbox, axes, {}

    def __call__(self, renderer: RendererBase | None = None, **options) -> Bbox | None:
        axes = self._axes
        place = axes.get_position(original=True).transformed(axes.get_figure().transSubfigure)
        key = (place.bounds, *sorted(options))
        if key not in self._known:
            self._known[key] = self._measure(renderer, **options)
        return self._known[key]


class _Quick(Axis):
    """An axis of which one tick draws all: what matplotlib asks of its ticks is asked of the first.

    Attributes
    ----------
    known : dict
        What was found out: the marks, by the place and the reach of the axis; and the box of each
        label about its place, by its words.
    """

    known: dict

    def _marks(self) -> list[tuple[Tick, Marks]]:
        """Return the marks that are shown: those of the major and those of the minor tick."""
        reach = self.get_view_interval()
        key = (self.axes.bbox.bounds, *reach)
        if key not in self.known:
            kinds = [
                (self.get_major_ticks, self.major, self._major_tick_kw, self.get_majorticklocs),
                (self.get_minor_ticks, self.minor, self._minor_tick_kw, self.get_minorticklocs),
            ]
            self.known[key] = [
                (ticks(1)[0], marks)
                for ticks, ticker, looks, find in kinds
                if self._tick_group_visible(looks) and not isinstance(ticker.locator, NullLocator)
                if len((marks := self._within(find(), ticker.formatter, reach))[0])
            ]
        return self.known[key]

    def _within(self, places: np.ndarray, formatter, reach: np.ndarray) -> Marks:
        """Return the places within the reach of the axis, and what is written at each."""
        words = formatter.format_ticks(places)
        across = self.get_transform().transform
        low, high = sorted(across(reach))
        near = 1e-10 * (high - low)
        drawn = across(np.asarray(places, dtype=float))
        inside = (drawn >= low - near) & (drawn <= high + near)
        return np.asarray(places, dtype=float)[inside], [
            word for word, shown in zip(words, inside, strict=True) if shown
        ]

    def _update_ticks(self) -> list[Tick]:
        return [tick for tick, _ in self._marks()]

    def _get_ticklabel_bboxes(self, ticks: list[Tick], renderer: RendererBase) -> tuple[list, list]:
        before, behind = (
            [
                self._box_of_labels(getattr(tick, side), marks, renderer)
                for tick, marks in self._marks()
                if getattr(tick, side).get_visible()
            ]
            for side in ("label1", "label2")
        )
        return before, behind

    def _box_of_labels(self, label: Text, marks: Marks, renderer: RendererBase) -> Bbox:
        """Return the box about all labels of a side, each measured once."""
        points = self._points(label.get_position(), marks[0])
        points = label.get_transform().transform(points)
        looks = (label.get_fontsize(), label.get_ha(), label.get_va())
        about = []
        for word in marks[1]:
            if (word, *looks) not in self.known:
                label.set_text(word)
                here = label.get_transform().transform(label.get_position())
                box = label.get_window_extent(renderer)
                self.known[(word, *looks)] = (box.get_points() - here).ravel()
            about.append(self.known[(word, *looks)])
        corners = np.array(about) + np.tile(points, 2)
        return Bbox([corners[:, :2].min(axis=0), corners[:, 2:].max(axis=0)])

    def _points(self, of_one: tuple[float, float], places: np.ndarray) -> np.ndarray:
        """Return a point for each place, in the coordinates of the point of one tick."""
        along = 0 if self.axis_name == "x" else 1
        points = np.tile(np.asarray(of_one, dtype=float), (len(places), 1))
        points[:, along] = places
        return points

    def draw(self, renderer: RendererBase) -> None:
        if not self.get_visible():
            return
        for tick, (places, words) in self._marks():
            for part, ends in ((tick.gridline, 2), (tick.tick1line, 1), (tick.tick2line, 1)):
                if part.get_visible():
                    self._draw_at(part, ends, places, renderer)
            for label in (tick.label1, tick.label2):
                move = label.set_x if self.axis_name == "x" else label.set_y
                for place, word in zip(places, words, strict=True) if label.get_visible() else ():
                    move(place)
                    label.set_text(word)
                    label.draw(renderer)
        boxes = self._get_ticklabel_bboxes([], renderer)
        self._update_label_position(renderer)
        self.label.draw(renderer)
        self._update_offset_text_position(*boxes)
        self.offsetText.set_text(self.major.formatter.get_offset())
        self.offsetText.draw(renderer)
        self.stale = False

    def _draw_at(self, part: Line2D, ends: int, places: np.ndarray, renderer: RendererBase) -> None:
        """Draw marks, or lines of two ends each, at all places at once."""
        before = part.get_data()
        # between two lines there is a gap
        points = np.full((len(places), ends + (ends > 1), 2), np.nan)
        for end in range(ends):
            of_one = [values[min(end, len(values) - 1)] for values in before]
            points[:, end] = self._points(of_one, places)
        # straight lines on any scale: no points between
        part.get_path()._interpolation_steps = 1
        part.set_data(*points.reshape(-1, 2).T)
        part.draw(renderer)
        part.set_data(*before)


class _QuickX(_Quick, XAxis):
    pass


class _QuickY(_Quick, YAxis):
    pass
