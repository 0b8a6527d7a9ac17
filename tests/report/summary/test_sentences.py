from pygoodvibes.report.summary.machines import Machine
from pygoodvibes.report.summary.sentences import how_sure
from pygoodvibes.report.summary.verdicts import VERDICTS


def test_few_clips_to_learn_from_are_told_with_what_they_are_worth():
    def told(*counts):
        machines = [
            Machine(
                **dict.fromkeys(("n_normal", "n_anomaly", "found", "alarms"), 20),
                **dict.fromkeys(("auc", "low", "high"), 0.9),
                machine="fan",
                id=str(number),
                verdict=VERDICTS["partly"],
                n_train=count,
                note="",
            )
            for number, count in enumerate(counts)
        ]
        options = {"mean": 0.9, "planned": 0.1, "resamples": 100, "confidence": 0.95, "seed": 0}
        return dict(how_sure(machines, **options))["How many false alarms?"]

    text = told(60, 12, 20)
    assert "of fan ID 1 and fan ID 2 rests on few normal clips: with 12, it lets through" in text
    assert "between 0 and 22 of 100 normal clips (90 % interval)" in text
    assert "few normal clips" not in told(60, 100)
