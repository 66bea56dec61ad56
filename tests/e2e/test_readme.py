"""What the README and the docs promise is there."""

import re
from pathlib import Path

import pytest

from datatracing.cli.app import command
from datatracing.settings import reference

REPOSITORY = Path(__file__).parents[2]
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md")), REPOSITORY / "CONTRIBUTING.md"]


def names(page):
    return page.name


def test_every_setting_is_documented_with_its_default():
    assert reference() in (REPOSITORY / "docs" / "settings.md").read_text()


def test_the_readme_is_short_enough_to_be_read():
    assert len(PAGES[0].read_text()) < 14_000


def test_the_readme_names_the_commands_that_ci_runs():
    assert "make test" in (REPOSITORY / ".ci" / "run").read_text()
    assert "make test" in PAGES[0].read_text()


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_command_on_a_page_exists(page):
    words = set(re.findall(r"(?:^|[`/])datatracing ([a-z]+)(?: ([a-z]+))?", page.read_text(), re.MULTILINE))
    commands = command([]).commands

    for word, below in words:
        assert word in commands
        assert not hasattr(commands[word], "commands") or below in {"", *commands[word].commands}


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_make_verb_on_a_page_exists(page):
    makefile = (REPOSITORY / "Makefile").read_text()

    for verb in re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(), re.MULTILINE):
        assert re.search(rf"^{verb}:", makefile, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_link_to_a_file_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
        assert (page.parent / target).exists()
