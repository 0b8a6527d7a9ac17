"""Published results, made up, to stand beside our own."""

REFERENCES = [
    {
        "name": "base",
        "machine": "fan",
        "id": "00",
        "auc": "0.54",
        "pauc": "0.49",
        "source": "paper",
    },
    {
        "name": "base",
        "machine": "fan",
        "id": "02",
        "auc": "0.74",
        "pauc": "0.55",
        "source": "paper",
    },
    {"name": "base", "machine": "pump", "id": "00", "auc": "0.30", "pauc": "", "source": "paper"},
]


def published(name, machine, machine_id, auc):
    row = {"machine": machine, "id": machine_id, "auc": auc, "pauc": auc}
    return {"name": name, "source": "paper", **row}
