"""Page: learn a machine from recordings of one's own, then judge new ones; no results are needed.

What is handed in stays for as long as the session lasts. Reading, learning and judging are the
library's; here is only what is shown of it, and what was asked.
"""

import dataclasses
import pathlib
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import streamlit as st

from pygoodvibes.data.fault_words import fault_word
from pygoodvibes.data.manifest import MIN_TRAIN_CLIPS
from pygoodvibes.detection.certainty import ANOMALOUS, NORMAL, UNDECIDED
from pygoodvibes.models import machine_model
from pygoodvibes.monitoring import doubts, score_files
from pygoodvibes.monitoring.drift import Drift
from pygoodvibes.monitoring.drift import charted as chart
from pygoodvibes.monitoring.fit_folder import Fit, fit_folder
from pygoodvibes.monitoring.intake import Intake
from pygoodvibes.monitoring.judge import NOT_SCORED, Judge, judge
from pygoodvibes.monitoring.score_clip import score_clip
from pygoodvibes.monitoring.score_files import Panel, Record
from pygoodvibes.monitoring.score_log import in_order
from pygoodvibes.monitoring.survey import Survey, survey
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import Message
from pygoodvibes.workflow.run_folders import Run
from ui import judged, load, pick
from ui.charts.common import show_figure
from ui.charts.control_chart import control_chart_figure
from ui.charts.results import held_out_figure
from ui.language import number, plain, sentence, t

TYPES = ["wav", "flac", "ogg", "mp3", "aiff", "zip"]

AT_A_TIME = 25
"""Judged recordings that are listed before the reader asks for more."""

FEWEST_ON_A_CHART = 10
"""Judged recordings from which on their control chart is shown."""

BADGES = {ANOMALOUS: "red", UNDECIDED: "orange", NORMAL: "blue", NOT_SCORED: "gray"}
"""Colours of verdicts in a list; the word and its sign say the same."""


KEYS = {verdict: verdict.replace(" ", "_") for verdict in BADGES}
"""Verdicts as names of texts have them."""


class Doubted(Exception):
    """Something speaks against learning all recordings; the reader is asked first."""


@dataclasses.dataclass
class Session:
    """What the reader has handed in, and what came of it.

    Attributes
    ----------
    healthy, new : Intake
        Recordings to learn from, and to judge.
    survey : Survey or UserError
        What was found among the healthy ones as of `surveyed` changes.
    apart : list of Message
        What a fit said against learning them, as of `doubted` changes.
    fit : Fit
        The last one, of `learned` changes; `model` is as it would be read from its file.
    records : dict
        What the model says, by detector, false-alarm rate and recording.
    shown : int
        How many judged recordings are listed.
    """

    healthy: Intake = dataclasses.field(default_factory=Intake)
    new: Intake = dataclasses.field(default_factory=Intake)
    survey: Survey | UserError | None = None
    surveyed: int = -1
    apart: list[Message] = dataclasses.field(default_factory=list)
    doubted: int = -1
    fit: Fit | None = None
    model: machine_model.MachineModel | None = None
    content: bytes = b""
    learned: int = -1
    records: dict[tuple, list[Record]] = dataclasses.field(default_factory=dict)
    shown: int = AT_A_TIME
    places: int = 0


def show(run: Run | None) -> None:
    """Show the page; results play no part in it."""
    session: Session = st.session_state.setdefault("your_machine_session", Session())
    st.subheader(t("mine.healthy"))
    _hand_in(session, session.healthy, "healthy", folder=True)
    _learn(session)
    if session.model is None:
        return
    st.subheader(t("mine.model"))
    detector, rate = _model(session)
    st.subheader(t("mine.new"))
    _hand_in(session, session.new, "new", folder=False)
    if session.new.names:
        _judge(session, detector, rate)


def _hand_in(session: Session, intake: Intake, kind: str, *, folder: bool) -> None:
    """Take files, a recording, the folder of a machine that is this one."""
    left, right = st.columns(2, gap="medium")
    place = f"{kind}_{session.places}"
    with left:
        files = st.file_uploader(
            t("mine.upload"), type=TYPES, accept_multiple_files=True, key=f"upload_{place}"
        )
    with right:
        rate = 16000
        if session.model is not None:
            rate = session.model.sample_rate
        elif isinstance(session.survey, Survey):
            rate = session.survey.sample_rate
        recorded = pick.recording(t("own.record"), rate, key=f"record_{place}")
    before = intake.changes, len(intake.left_out)
    for file in files:
        intake.take(file.name, file.getvalue())
    if recorded is not None:
        called = t("mine.recording", number=len(intake.names) + 1)
        intake.take(f"{called}.wav", recorded.getvalue())
    if folder and is_local():
        _folder(intake)
    if files or recorded is not None or (intake.changes, len(intake.left_out)) != before:
        # what was taken is in the list below; its place is free for more
        session.places += 1
        st.rerun()


def _folder(intake: Intake) -> None:
    with st.form("folder", border=False, clear_on_submit=False):
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        place = left.text_input(t("mine.folder"), help=t("mine.folder_help"), key="folder_place")
        taken = right.form_submit_button(t("mine.take"), width="stretch")
    if taken and place:
        try:
            intake.take_folder(place)
        except UserError as error:
            st.error(plain(sentence(error.message)), icon=":material/error:")


def is_local() -> bool:
    """Say whether the reader sits at this machine: its folders are nobody else's business.

    A proxy that hands on requests of others names its own host, or whose they are.
    """
    headers = {name.lower() for name in st.context.headers}
    if headers & {"x-forwarded-for", "forwarded", "x-real-ip"} or st.context.ip_address:
        return False
    host = urlsplit(f"//{st.context.headers.get('Host', '')}").hostname
    return host in ("127.0.0.1", "localhost", "::1")


def _learn(session: Session) -> None:
    """Say what was read, ask what is doubtful, and learn."""
    intake = session.healthy
    if not intake.names:
        _left_out(intake.left_out)
        st.caption(t("mine.hint"))
        return
    name = st.text_input(t("mine.name"), t("mine.a_machine"), max_chars=60, key="machine_name")
    if session.surveyed != intake.changes:
        try:
            with intake.called():
                session.survey = survey(intake.folder)
        except UserError as error:
            session.survey = error
        session.surveyed = intake.changes
    found = session.survey
    if isinstance(found, UserError):
        st.error(plain(sentence(found.message)), icon=":material/error:")
        _left_out(intake.left_out)
        _list(session)
        return
    _found(found, intake.left_out)
    doubtful = [*found.doubts, *(session.apart if session.doubted == intake.changes else [])]
    for doubt in doubtful:
        st.warning(plain(f"{sentence(doubt)}."), icon=":material/help:")
    usable = [row for row in found.rows if row["status"] == "ok"]
    sure = not doubtful or st.checkbox(t("mine.sure"), key=f"sure_{intake.changes}")
    _list(session, suggested=[row["path"] for row in usable if _speaks_of_fault(row["path"])])
    if session.learned == intake.changes:
        return
    if st.button(
        t("mine.learn", count=number(len(usable)))
        if session.model is None
        else t("mine.learn_again", count=number(len(usable))),
        type="primary",
        disabled=not sure or len(usable) < MIN_TRAIN_CLIPS,
        icon=":material/model_training:",
        key="learn",
    ):
        _fit(session, name, total=len(found.rows), sure=bool(doubtful))
        st.rerun()


def _speaks_of_fault(path: str) -> bool:
    return any(fault_word(part) for part in path.split("/"))


def _found(found: Survey, not_taken: dict[str, Message]) -> None:
    """Say what was read, and what is left out and why."""
    usable = [row for row in found.rows if row["status"] == "ok"]
    st.markdown(
        t(
            "mine.found",
            usable=number(len(usable)),
            count=number(len(found.rows)),
            seconds=number(sum(float(row["seconds"]) for row in usable)),
            rate=number(found.sample_rate),
        )
    )
    folders = doubts.by_subfolder(found.rows)
    if len(folders) > 1:
        parts = [f"{plain(folder or '.')} ({count})" for folder, (count, _) in folders.items()]
        st.caption(t("mine.folders", folders=", ".join(parts)))
    _left_out(
        {**not_taken, **{row["path"]: row["status"] for row in found.rows if row["status"] != "ok"}}
    )


def _left_out(reasons: dict[str, Message]) -> None:
    if not reasons:
        return
    with st.expander(t("mine.left_out", count=number(len(reasons))), icon=":material/block:"):
        st.dataframe(
            pd.DataFrame(
                {
                    t("mine.recording_heading"): list(reasons),
                    t("mine.reason"): list(map(sentence, reasons.values())),
                }
            ),
            hide_index=True,
        )


def _list(session: Session, suggested: Sequence[str] = ()) -> None:
    """Let the reader take recordings out again."""
    intake = session.healthy
    with st.expander(t("mine.take_out"), expanded=bool(suggested), icon=":material/remove:"):
        chosen = st.multiselect(
            t("mine.which"), intake.names, list(suggested), key=f"out_{intake.changes}"
        )
        with st.container(horizontal=True):
            if st.button(t("mine.out"), disabled=not chosen, key="out"):
                intake.remove(chosen)
                st.rerun()
            if st.button(t("mine.clear"), key="clear_healthy"):
                intake.clear()
                st.rerun()


def _fit(session: Session, name: str, *, total: int, sure: bool) -> None:
    """Learn, with progress; what is doubtful is asked first."""
    intake, read = session.healthy, set()
    bar = st.progress(0.0, t("mine.reading"))

    def progress(path: str) -> None:
        read.add(path)
        share = len(read) / total
        says = t("mine.reading") if share < 1 else t("mine.fitting")
        bar.progress(min(0.9 * share, 1.0), says)

    def ask(sentences: Sequence[Message]) -> None:
        raise Doubted(sentences)

    try:
        with intake.called():
            fit = fit_folder(
                intake.folder,
                {},
                machine=name or t("mine.a_machine"),
                doubt=None if sure else ask,
                progress=progress,
            )
        content = machine_model.dumps(fit.model)
        model = machine_model.loads(content, fit.model.name)
    except Doubted as doubted:
        session.apart, session.doubted = doubted.args[0], intake.changes
        return
    except UserError as error:
        session.survey = error
        return
    finally:
        bar.empty()
    session.fit, session.content, session.model = fit, content, model
    session.learned, session.records = intake.changes, {}


def _model(session: Session) -> tuple[str, float]:
    """Say what the model is worth; returns detector and false-alarm rate that were picked."""
    model, detector = session.model, next(iter(session.model.estimators))
    if session.learned != session.healthy.changes:
        st.info(t("mine.stale"), icon=":material/update:")
    rate = pick.allowed(model, detector)
    judging = judge(model, detector=detector, false_alarm_rate=rate)
    above = int((judging.held_out > judging.threshold).sum())
    with st.container(horizontal=True, gap="medium"):
        st.metric(t("mine.clips"), number(model.training["clips"]), width=150)
        st.metric(t("own.threshold"), number(judging.threshold, 2), width=130)
        of = t("own.of", higher=number(above), clips=number(len(judging.held_out)))
        st.metric(t("mine.above"), of, help=t("own.so_high_help"), width=260)
    judged.worth(model, detector, rate)
    judged.history(model, detector)
    for note in session.fit.notes:
        st.caption(plain(f"{sentence(note)}."))
    _left_out({row["path"]: row["status"] for row in session.fit.rows if row["status"] != "ok"})
    show_figure(
        held_out_figure(np.asarray(judging.held_out), judging.threshold),
        alt=t("mine.held_out_alt", above=number(above), clips=number(len(judging.held_out))),
        key="held_out",
    )
    with st.container(horizontal=True):
        file = f"{model.name}{machine_model.ENDING}"
        st.download_button(
            t("mine.download"), session.content, file, icon=":material/download:", key="download"
        )
        if is_local() and st.button(t("mine.keep"), icon=":material/save:", key="keep"):
            try:
                kept = load.keep(model)
            except UserError as error:
                st.error(plain(sentence(error.message)), icon=":material/error:")
            else:
                st.success(t("mine.kept", path=plain(str(kept))), icon=":material/check:")
    return detector, rate


def _judge(session: Session, detector: str, rate: float) -> None:
    """Judge what is new, and list it, the most anomalous first."""
    model, intake = session.model, session.new
    _left_out(intake.left_out)
    judging = judge(model, detector=detector, false_alarm_rate=rate)
    panel, known = Panel([model], [judging]), session.records
    waiting = [name for name in intake.names if (detector, rate, name) not in known]
    if waiting:
        bar = st.progress(0.0, t("mine.judging"))
        for done, name in enumerate(waiting):
            bar.progress(done / len(waiting), t("mine.judging"))
            [known[detector, rate, name]] = panel.judge_clips([str(intake.folder / name)])
        bar.empty()
    records = [known[detector, rate, name] for name in intake.names]
    listed = [record for [record] in score_files.by_score(records)]
    _counts(listed)
    _chart(session, judging, listed)
    for place, record in enumerate(listed[: session.shown]):
        _record(session, record, rate, is_first=place == 0)
    if len(listed) > session.shown and st.button(t("mine.more"), key="more"):
        session.shown += AT_A_TIME
        st.rerun()
    if st.button(t("mine.clear_new"), key="clear_new"):
        intake.clear()
        session.records, session.shown = {}, AT_A_TIME
        st.rerun()


def _counts(records: Sequence[Record]) -> None:
    """Say how many recordings got which verdict, in the colour of the worst."""
    counts = dict.fromkeys(BADGES, 0)
    for record in records:
        counts[record.verdict] += 1
    boxes: dict[str, tuple[Callable, str]] = {
        ANOMALOUS: (st.error, ":material/warning:"),
        UNDECIDED: (st.warning, ":material/help:"),
        NOT_SCORED: (st.warning, ":material/help:"),
        NORMAL: (st.success, ":material/check_circle:"),
    }
    box, icon = next(boxes[verdict] for verdict in boxes if counts[verdict])
    parts = [
        t(f"mine.count_{KEYS[verdict]}", count=number(count))
        for verdict, count in counts.items()
        if count
    ]
    box(f"{', '.join(parts)}. {t('mine.order')}", icon=icon)


def _chart(session: Session, judging: Judge, records: Sequence[Record]) -> None:
    """Show whether recordings, in the order of their names, have changed for good."""
    drift = Drift(session.model, judging)
    named = [
        dataclasses.replace(
            record, clip=pathlib.Path(record.clip).relative_to(session.new.folder).as_posix()
        )
        for record in records
    ]
    charted = [each for each in chart(drift, in_order(named, "name")) if each.ewma is not None]
    if len(charted) < FEWEST_ON_A_CHART:
        return
    news = [record for record in charted if record.drift]
    with st.expander(t("mine.chart"), expanded=bool(news), icon=":material/show_chart:"):
        for record in news:
            told = t("mine.chart_says", name=record.clip, said=sentence(record.drift))
            st.warning(plain(told), icon=":material/moving:")
        figure = control_chart_figure(charted, drift.scores.limit)
        said = t("mine.chart_moved") if drift.scores.moved else t("mine.chart_unmoved")
        show_figure(figure, alt=said, key="control_chart")
        st.caption(t("mine.chart_help"))


def _record(session: Session, record: Record, rate: float, *, is_first: bool) -> None:
    """List a recording; once it is opened, let it be heard and show what is odd about it."""
    name = pathlib.Path(record.clip).relative_to(session.new.folder).as_posix()
    word = t(f"mine.verdict_{KEYS[record.verdict]}")
    score = "" if record.score is None else f" **{number(record.score, 2)}**"
    label = f":{BADGES[record.verdict]}-badge[{word}]{score} {plain(name)}"
    opened = st.expander(
        label, expanded=is_first, on_change="rerun", key=f"clip_{session.learned}_{name}"
    )
    if not opened.open:
        return
    with opened:
        if record.score is None:
            st.warning(plain(f"{sentence(record.reason)}."), icon=":material/block:")
            return
        try:
            result = score_clip(
                session.model, record.clip, detector=record.detector, false_alarm_rate=rate
            )
        except UserError as error:
            st.warning(plain(sentence(error.message)), icon=":material/block:")
            return
        judged.verdict(session.model, result)
        judged.unfair(record.reason)
        judged.odd(session.model, name, result, key=f"odd_{name}")
        if st.button(t("mine.learn_too"), key=f"learn_{name}", help=t("mine.learn_too_help")):
            session.healthy.take(name, pathlib.Path(record.clip).read_bytes())
            session.new.remove([name])
            st.rerun()
