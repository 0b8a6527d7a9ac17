# How jobs start: in forks of one process that has the libraries, not each in a new Python.
#
# Jobs in containers and conda environments, on other machines (they have a Snakemake of their own)
# and on other systems than Linux start as Snakemake starts them; with PYGOODVIBES_FORKS=off, all do.
# The process starts when the rules are read, so that it is ready when the first job is; it ends with
# Snakemake, at once if there is nothing to do.

from pygoodvibes.detection import fit
from pygoodvibes.workflow import fork_jobs

# What scripts import from other packages in each of their jobs, but not at their beginning.
SKLEARN = fit.libraries(detector_settings())
if "sklearn.neighbors" in SKLEARN:
    SKLEARN.append("pygoodvibes.detection.fit:first_fit")
READING = [
    "scipy.fft",
    "pygoodvibes.audio.pcm:prepare",
    "pygoodvibes.audio.extremes:prepare",
    "pygoodvibes.audio.mel_kernel:prepare",
]
LIBRARIES = {
    "mel": READING,
    "embed": ["pygoodvibes.embeddings.pooling_kernel:prepare"],
    "embed_supplemental": READING,
    "project": ["scipy.linalg"],
    "detect": SKLEARN,
    "choose": SKLEARN,
    "check_representation": ["sklearn.preprocessing", "sklearn.svm"],
    "plot_ocsvm_contours": ["sklearn.svm"],
}

# By rule: the modules of the library that its script imports; `code` fills it.
MODULES = {}

FORKS = fork_jobs.start(MODULES, LIBRARIES, first=SKLEARN) if workflow.is_main_process else None


onstart:
    if STARTING:
        STARTING.end()
    if FORKS:
        FORKS.import_all()


onsuccess:
    if FORKS:
        fork_jobs.end_timers()


onerror:
    if FORKS:
        fork_jobs.end_timers()
