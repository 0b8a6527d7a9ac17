"""Score files, decision files and truth of a year, with scores by chance."""

import numpy as np

from pygoodvibes.protocols.registry import protocol_of


def names_of(protocol, section, domain=""):
    """Return the names of the evaluation clips of a file."""
    template = protocol.test_names[0]
    return [template.format(section=section, domain=domain, number=i) for i in range(200)]


def write_rows(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{name},{value}\n" for name, value in rows))


def make_submission(folder, year, *, seed=0):
    """Write what a year asks for, and the truth beside it.

    Returns
    -------
    submission, truth : pathlib.Path
        Folder of score and decision files, and of the truth.
    """
    protocol, rng = protocol_of(year), np.random.default_rng(seed)
    for machine, section in protocol.parts["evaluation"].pairs():
        for domain in protocol.file_domains:
            names = names_of(protocol, section, domain)
            scores, labels = rng.normal(size=200), rng.permutation(np.arange(200) % 2)
            place = folder / "submission"
            write_rows(
                place / protocol.score_file(machine, section, domain),
                zip(names, map(repr, map(float, scores + labels)), strict=True),
            )
            write_rows(
                place / protocol.decision_file(machine, section, domain),
                zip(names, (scores + labels > 1).astype(int), strict=True),
            )
            ending = f"{machine}_section_{section}{domain and '_' + domain}_test.csv"
            write_rows(
                folder / f"truth/ground_truth_data/ground_truth_{ending}",
                zip(names, labels, strict=True),
            )
            if not domain:
                write_rows(
                    folder / f"truth/ground_truth_domain/ground_truth_{ending}",
                    zip(names, rng.permutation(np.arange(200) // 100), strict=True),
                )
    return folder / "submission", folder / "truth"
