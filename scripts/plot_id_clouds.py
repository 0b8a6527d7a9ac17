"""Draw training and test clips of each machine ID of one type in the ID's own projection."""

import pandas as pd

from pygoodvibes.figures import inputs, style
from pygoodvibes.figures.id_clouds import plot_id_clouds
from pygoodvibes.workflow.job import logged

with logged(snakemake.log, snakemake.input, snakemake.output):
    machine, ids = snakemake.params.machine, snakemake.params.ids
    points, ratios = inputs.points_of_ids(snakemake.input.points, machine, ids)
    manifest = pd.concat(map(inputs.read_table, snakemake.input.manifests))
    figure = plot_id_clouds(
        inputs.with_domains(points, manifest),
        machine=machine,
        ids=ids,
        explained_variance_ratio=ratios,
        title_suffix=snakemake.params.title_suffix,
    )
    style.save(figure, snakemake.output.figure)
