"""The reference of files: every column of every table, with its unit and its meaning.

The columns are those of the code; a new one without a meaning here is an error.
"""

from collections.abc import Mapping, Sequence

from pygoodvibes.audio import mel_cache
from pygoodvibes.data import manifest
from pygoodvibes.data.csv_manifest import MANIFEST_COLUMNS
from pygoodvibes.data.sources.mel import MEL_COLUMNS
from pygoodvibes.data.synthesis.files import TRUTH_COLUMNS
from pygoodvibes.detection import cost
from pygoodvibes.documentation.markdown import cell
from pygoodvibes.encoders import job
from pygoodvibes.evaluation import representation
from pygoodvibes.evaluation.averages import AVERAGE_COLUMNS, ROC_COLUMNS
from pygoodvibes.evaluation.evaluate import COLUMNS, SCORE_COLUMNS, SWEEP_COLUMNS
from pygoodvibes.evaluation.representation import CONFUSION_COLUMNS
from pygoodvibes.monitoring import held_out_scores, output
from pygoodvibes.report import choice_tables
from pygoodvibes.util.errors import UserError

SHARED = {
    "machine": ("", "Machine type, e.g. `pump`."),
    "id": ("", "Machine ID, text: `00` keeps its zeros."),
    "split": ("", "`train` or `test`."),
    "label": ("", "`normal`, `anomaly` or `unknown`."),
    "clip": ("", "File name of the clip."),
    "path": ("", "Path of the clip, counted from the folder of the data set."),
    "detector": ("", "Name of the detector in the config."),
    "seconds": ("s", "Length of the clip."),
    "sample_rate": ("Hz", "Sample rate of the file."),
    "threshold": ("score", "A clip whose score lies above it is called anomalous."),
    "sensitivity": ("share", "Anomalous test clips above the threshold (= recall)."),
    "specificity": ("share", "Normal test clips not above the threshold."),
    "caution": (
        "",
        "Why not to trust the threshold, and so the rates beside it, if there is a reason: too few "
        "training clips for the false-alarm rate, say.",
    ),
    "precision": ("share", "Of the clips called anomalous, those that are."),
    "recall": ("share", "The same as sensitivity."),
    "f1": ("share", "Harmonic mean of precision and recall."),
    "auc": ("share", "Area under the ROC curve; 0.5 is chance."),
    "pauc": (
        "share",
        "Area under the ROC curve up to the false-positive rate `evaluation.max_fpr`, "
        "standardised after McClish; 0.5 is chance.",
    ),
}
"""Unit and meaning of columns that mean the same in several tables."""

TABLES: dict[str, tuple[Sequence[str], Mapping[str, tuple[str, str]]]] = {
    "own_manifest": (MANIFEST_COLUMNS, {}),
    "mel_table": (
        (*MEL_COLUMNS, "offset", "frames"),
        {
            "file": ("", "`.npy` array (n_frames, n_mels), dB, its path counted from the table."),
            "offset": ("frames", "May be left out: first frame of the clip in its file."),
            "frames": ("frames", "May be left out: number of frames of the clip."),
        },
    ),
    "manifest": (
        manifest.COLUMNS,
        {
            "domain": ("", "`source` or `target`, where file names tell; else empty."),
            "attributes": ("", "What names or `attributes_00.csv` tell, e.g. `spd=34V;mic=1`."),
            "offset": ("frames, rows", "Data computed elsewhere: where the clip begins."),
            "frames": ("frames", "Data computed elsewhere: number of frames of the clip."),
            "channels": ("", "Number of channels of the file."),
            "codec": (
                "",
                "How the file stores samples: `PCM` (16 bit or more, also compressed without "
                "loss), `MP3`, `Vorbis`, ...",
            ),
            "xxh3_128": (
                "",
                "Hash of the file's bytes (of the vector, for vectors): XXH3, 128 bits.",
            ),
            "status": (
                "",
                "`ok`, or why the clip is left out; of a supplemental recording, which kind it is.",
            ),
            "unlike": (
                "",
                "What of a test clip is recorded or stored unlike the training clips of its "
                "machine ID; empty if nothing is.",
            ),
        },
    ),
    "coverage": (
        manifest.COVERAGE_COLUMNS,
        {
            "train": ("clips", "Usable normal training clips."),
            "test_normal": ("clips", "Usable normal test clips."),
            "test_anomaly": ("clips", "Usable anomalous test clips."),
            "test_unknown": ("clips", "Usable test clips without a label."),
            "left_out": ("clips", "Clips that can't be used."),
            "unlike": ("clips", "Test clips recorded or stored unlike the training clips."),
            "note": ("", "What can't be computed for this machine ID, and why."),
        },
    ),
    "mel_cache": (
        mel_cache.COLUMNS,
        {
            "offset": ("frames", "First frame of the clip in the array."),
            "frames": ("frames", "Number of its frames; 0 for a clip that is left out."),
            "channels": ("", "Number of channels of the file."),
            "codec": ("", "As in the manifest."),
            "floors": (
                "dB",
                "Power that nine tenths of the frames exceed, in each of 16 equal bands from 0 to "
                "half the sample rate; empty where there is no audio.",
            ),
            "peak": ("full scale", "Largest amplitude."),
            "clipped": (
                "share",
                "Samples in runs of three or more at the highest or lowest value.",
            ),
            "samples_xxh3_128": (
                "",
                "Hash of the samples that were decoded, equal for the same sound in another "
                "container; empty where there is no audio.",
            ),
            "status": ("", "`ok`, or why the clip has no frames."),
        },
    ),
    "scores": (
        SCORE_COLUMNS,
        {
            "score": (
                "the detector's own",
                "Higher = more anomalous. That of a training clip is from a fit that has not seen "
                "it. Empty where there is none.",
            )
        },
    ),
    "metrics": (
        COLUMNS,
        {
            "auc_low": ("share", "Lower end of the confidence interval of the AUC."),
            "auc_high": ("share", "Upper end of the confidence interval of the AUC."),
            "pauc_low": ("share", "Lower end of the confidence interval of the pAUC."),
            "pauc_high": ("share", "Upper end of the confidence interval of the pAUC."),
            "n_train": ("clips", "Training clips with a held-out score."),
            "n_test_normal": ("clips", "Normal test clips with a score."),
            "n_test_anomaly": ("clips", "Anomalous test clips with a score."),
            "n_components": ("", "Components that the projection keeps."),
            "explained_variance": ("share", "Variance of the training clips that they carry."),
            "note": ("", "What had to be done differently, or can't be computed, and why."),
        },
    ),
    "averages": (
        AVERAGE_COLUMNS,
        {
            "over": ("", "`IDs of <type>`, `types` or `IDs`: what the average is over."),
            "machine": ("", "Machine type, where the average is over its IDs."),
            "mean": ("", "`arithmetic` or `harmonic`."),
            "n": ("", "AUCs behind the average."),
            "auc_min": ("share", "Smallest AUC behind the average."),
            "auc_max": ("share", "Largest AUC behind the average."),
        },
    ),
    "sweep": (
        SWEEP_COLUMNS,
        {
            "setting": ("", "Number of the setting, from 0."),
            "false_alarm_rate": ("share", "Expected share of normal clips above the threshold."),
        },
    ),
    "roc": (
        ROC_COLUMNS,
        {
            "false_positive_rate": ("share", "Normal clips called anomalous."),
            "true_positive_rate": ("share", "Anomalous clips found, mean over the machine IDs."),
        },
    ),
    "choice": (
        choice_tables.COLUMNS,
        {
            "candidate": ("", "Name of the detector, or of the detector and its member."),
            "chosen": ("", "1 for the candidates that were chosen."),
            "oracle": ("", "1 for the candidate with the highest AUC by the test labels."),
            "stand_in_auc": (
                "share",
                "How well it tells stand-ins from clips of its own ID; of the other ID that it "
                "tells least.",
            ),
            "stand_in_pauc": ("share", "The same at few false alarms."),
            "stand_in_separation": ("scatters", "How far apart both lie."),
            "self_tail": ("", "How little its highest held-out scores stick out."),
            "agreement": ("", "How much other candidates say the same."),
            "burstiness": ("", "Whether it looks at what the machine has: bursts, or steadiness."),
        },
    ),
    "representation": (
        representation.COLUMNS,
        {
            "classifier": ("", "`svm` or `knn`."),
            "target": ("", "What is to be recognised: `machine type` or `machine ID`."),
            "accuracy": (
                "share",
                "Test clips recognised, mean over machine IDs; empty where there is none.",
            ),
            "accuracy_low": ("share", "Lower end of its confidence interval."),
            "accuracy_high": ("share", "Upper end of its confidence interval."),
            "chance": (
                "share",
                "1 / number of types, or of IDs: what guessing gives; empty if there is one.",
            ),
            "n_ids": ("", "Machine IDs behind the mean."),
            "n_clips": ("clips", "Test clips of this label."),
            "n_train": ("clips", "Training clips that the classifiers learnt from."),
            "note": ("", "What can't be computed or is left out, and why."),
        },
    ),
    "representation_confusion": (
        CONFUSION_COLUMNS,
        {
            "classifier": ("", "`svm` or `knn`."),
            "recognised_machine": ("", "Machine type of the recognised machine ID."),
            "recognised_id": ("", "The recognised machine ID."),
            "clips": ("clips", "Test clips that are recognised so."),
        },
    ),
    "costs": (
        ("detector", "machine_ids", *cost.COLUMNS[1:]),
        {
            "machine_ids": ("", "Machine IDs that it was fitted to."),
            "fits": ("", "Fits, those for held-out scores included."),
            "fit_seconds": ("s", "Processor seconds of all fits."),
            "clips": ("", "Clips scored."),
            "score_seconds": ("s", "Processor seconds of scoring them."),
            "memory_mib": ("MiB", "Largest growth of the process while the detector worked."),
        },
    ),
    "verdicts": (
        output.COLUMNS,
        {
            "clip": ("", "The file, as it was named; `-` for a stream."),
            "model": ("", "Name of the model."),
            "start": ("s", "Start of the window; empty for a whole clip."),
            "seconds": ("s", "Length of the clip or window."),
            "score": ("the detector's own", "Higher = more anomalous."),
            "verdict": ("", "`normal`, `anomalous`, `undecided` or `not scored`."),
            "p_value": (
                "share",
                "Normal clips expected to score at least as high, from the held-out scores.",
            ),
            "alarm": ("0 or 1", "Whether the alarm is on; empty without windows."),
            "odd": (
                "",
                "What is odd about a clip that is not normal, in words, where evidence carries it.",
            ),
            "reason": ("", "Why the clip was not scored; with a score, why it is no fair one."),
            "time": (
                "",
                "When the file was last changed (UTC); empty of a stream or a posted clip.",
            ),
            "level": ("dB", "Louder than the training clips at all frequencies by so much."),
            "ewma": (
                "standard deviations",
                "Control chart of the scores, in a watched folder and from `drift`.",
            ),
            "drift": ("", "What the control chart says here for the first time."),
        },
    ),
    "held_out": (
        held_out_scores.COLUMNS,
        {
            "clip": ("", "The recording, its path counted from the folder of the fit."),
            "start": ("s", "Start of the window; empty for a whole recording."),
            "score": (
                "the detector's own",
                "By fits that have not seen the clip; empty if there is none. Higher = more "
                "anomalous.",
            ),
            "above": ("0 or 1", "Whether the score lies above the threshold."),
        },
    ),
    "encoder_history": (
        job.HISTORY_COLUMNS,
        {
            "epoch": ("", "Number of the epoch; 0 is before training."),
            "loss": ("", "Mean over the batches of the epoch; empty at 0."),
            "held_out_loss": ("", "Of the clips that are held out, after the epoch."),
            "held_out_accuracy": (
                "share",
                "`id_classifier`: held-out clips that are told from other machine IDs of their "
                "type.",
            ),
        },
    ),
    "encoder_cost": (
        job.COST_COLUMNS,
        {
            "clips": ("", "Normal training clips of all machine IDs."),
            "epochs": ("", "Epochs of the training."),
            "processor_seconds": (
                "s",
                "Of all threads, those before an interruption included; not of gathering clips.",
            ),
            "encoder_bytes": ("bytes", "Size of `encoder.onnx`."),
            "device": ("", "What it was trained on: `cpu`, or the name of a GPU."),
        },
    ),
    "encoder_clips": (
        job.CLIP_COLUMNS,
        {
            "role": (
                "",
                "`training` (learnt from), `held_out` (their loss ends the training) or "
                "`calibration` (never seen).",
            ),
            "attributes": (
                "",
                "Those that its class stands for; empty where that is the machine ID, or all of "
                "it that has too few clips of its own.",
            ),
        },
    ),
    "faults": (
        TRUTH_COLUMNS,
        {
            "fault": ("", "What is wrong with the machine; empty for normal clips."),
            "severity": ("0 to 1", "How bad it is; 0 for normal clips."),
            "pattern": ("", "`steady` (all the time) or `burst` (in stretches)."),
        },
    ),
}
"""By the name of the part of the page: columns, and unit and meaning of those that are its own."""


def table(columns: Sequence[str], columns_here: Mapping[str, tuple[str, str]]) -> str:
    """Return the columns of a table as Markdown.

    Raises
    ------
    UserError
        If a column has no meaning, or a meaning no column.
    """
    unknown = [name for name in columns if name not in columns_here and name not in SHARED]
    unused = [name for name in columns_here if name not in columns]
    if unknown or unused:
        raise UserError(
            "documentation/files.py: columns without a meaning: {unknown}; meanings "
            "without a column: {unused}",
            unknown=", ".join(unknown) or "none",
            unused=", ".join(unused) or "none",
        )
    rows = []
    for name in columns:
        unit, meaning = columns_here.get(name) or SHARED[name]
        rows.append(f"| `{name}` | {unit} | {cell(meaning)} |")
    return "\n".join(["| column | unit | meaning |", "| --- | --- | --- |", *rows])
