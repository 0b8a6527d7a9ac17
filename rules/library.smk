# What all other files use: the library, and how to end with a sentence.

import functools
import gc
import os
import shutil
import sys
from pathlib import Path

# All that is loaded by now stays, so Python need not look through it again and again for what is
# no longer used: that took a tenth of the time of a run with nothing to do.
gc.freeze()
gc.set_threshold(50_000, 20, 20)

# The library lies beside the scripts, so that a copy of the project runs its own code: here, and in
# its jobs, which would find that of the project that is installed first.
library = str(Path(workflow.basedir) / "scripts")
sys.path.insert(0, library)
os.environ.update(
    PYTHONPATH=os.pathsep.join([library, os.getenv("PYTHONPATH", "")]).rstrip(os.pathsep)
)

from pygoodvibes.config.read import read_content
from pygoodvibes.util.errors import UserError
from pygoodvibes.util import messages


def stop(error):
    """End before any job starts, with the message alone."""
    sentence = error.message if isinstance(error, UserError) else messages.message(error)
    print(f"Error: {messages.printable(sentence)}", file=sys.stderr)
    sys.stderr.flush()
    os._exit(1)


def check_readable(path):
    """End with a sentence if a config file is no YAML, where Snakemake would end with a traceback."""
    try:
        read_content(path)
    except UserError as error:
        stop(error)
