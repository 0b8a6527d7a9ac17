from prometheus_client import generate_latest

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
