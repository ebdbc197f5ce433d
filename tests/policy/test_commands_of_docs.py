"""Commands in the documents are commands: each option that a page names exists."""

import re
import shlex
from functools import cache
from pathlib import Path

import pytest
import typer

from firth.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("README*.md")), *sorted((ROOT / "docs").glob("*.md"))]
# Pages whose commands are whole, and not forms of commands with capitals and bars in them.
WHOLE = ("models.md",)


@cache
def root():
    return typer.main.get_command(app)


def lines_of(page):
    """Return the lines of a page's code that begin with firth, comments cut, continuations joined."""
    found = []
    for code in re.findall(r"^```\w*\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S):
        for line in code.replace("\\\n", " ").splitlines():
            if line.startswith("firth "):
                found.append(re.split(r"\s+#\s", line)[0].rstrip())
    return found


def parts_of(line):
    """Return the command of a line and its arguments; of `a | b` the first."""
    words = shlex.split(line.replace("...", " ").split(" | ")[0])[1:]
    command = root()
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
    return command, words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_of_a_page_exists(page):
    for line in lines_of(page):
        command, words = parts_of(line)
        assert not hasattr(command, "commands"), f"{page.name}: no such command: {line}"
        legal = {name for one in command.params for name in [*one.opts, *one.secondary_opts]}
        # Squared brackets and bars show choices; the option in them counts all the same.
        given = {word.strip("[]").split("=")[0] for word in words if re.match(r"\[?--?[a-z]", word)}
        assert given <= legal | {"--help"}, f"{page.name}: {line}: {given - legal}"


@pytest.mark.parametrize("name", WHOLE)
def test_every_line_of_a_page_is_parsed_as_it_stands(name):
    lines = lines_of(ROOT / "docs" / name)
    assert len(lines) > 20
    for line in lines:
        command, words = parts_of(line)
        context = command.make_context("firth", words)
        assert context.params, line
        with pytest.raises(Exception, match="(?i)no such option"):
            command.make_context("firth", [*words, "--not-an-option"])
