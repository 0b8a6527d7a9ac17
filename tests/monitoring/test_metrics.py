from prometheus_client import generate_latest

from pygoodvibes.monitoring.drift import Drift
from pygoodvibes.monitoring.judge import judge
from pygoodvibes.monitoring.metrics import Metrics
from pygoodvibes.monitoring.score_files import Record


def test_each_server_has_counters_of_its_own(model):
    first, second = (Metrics([model], [judge(model)]) for _ in range(2))
    first.count([Record("a.wav", "pump", "fusion", score=2.5, threshold=3.0, verdict="normal")])
    first.count([Record("b.wav", "pump", "fusion", reason="no readable audio")])
    texts = [generate_latest(each.registry).decode() for each in (first, second)]
    for verdict, counts in (("normal", (1.0, 0.0)), ("not scored", (1.0, 0.0))):
        for text, count in zip(texts, counts, strict=True):
            line = f'pygoodvibes_clips_total{{model="pump",verdict="{verdict}"}} {count}'
            assert line in text
    # a clip without a score leaves that of the last one
    assert 'pygoodvibes_score{model="pump"} 2.5' in texts[0]


def test_a_chart_of_scores_can_be_watched(model):
    metrics = Metrics([model], [judge(model)])
    chart = Drift(model, judge(model))
    for score in (0.2, 50.0):
        record = Record("a.wav", "pump", "fusion", score=score, threshold=3.0, verdict="normal")
        metrics.count([record])
        ewma = chart.update(record).ewma
    metrics.count([Record("b.wav", "pump", "fusion", reason="no readable audio")])
    text = generate_latest(metrics.registry).decode()
    assert f'pygoodvibes_ewma{{model="pump"}} {ewma}' in text and ewma > 0
    assert f'pygoodvibes_ewma_limit{{model="pump"}} {chart.scores.limit}' in text
