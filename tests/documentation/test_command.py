import argparse

from pygoodvibes.documentation.command import commands, reference, usage


def test_usage_has_what_may_be_left_out_in_brackets_and_the_options_first():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--kind", choices=["a", "b"], required=True)
    parser.add_argument("clip", nargs="*")
    parser.add_argument("place", nargs="?")
    assert usage("score", parser) == (
        "pygoodvibes score [--jobs JOBS] [--quiet] --kind {a,b} [clip ...] [place]"
    )


def test_the_reference_has_a_section_a_command_with_its_arguments():
    parser = argparse.ArgumentParser()
    of_command = parser.add_subparsers()
    of_command.add_parser("fit", help="learn")
    of_command.add_parser("score", help="judge")
    assert [(name, summary) for name, summary, _ in commands(parser)] == [
        ("fit", "learn"),
        ("score", "judge"),
    ]
    text = reference()
    assert "\n## score\n" in text and "```text\npygoodvibes score " in text
    jobs = next(line for line in text.splitlines() if line.startswith("| `--jobs JOBS`"))
    # the cores of whoever made the page are no default
    assert "| all cores |" in jobs
