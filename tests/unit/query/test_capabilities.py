"""A store that cannot do something says so, and nobody is given a wrong answer instead."""

import pytest

from datatracing.access.visibility import EVERYTHING
from datatracing.errors import BadInputError
from datatracing.query.question import Asked
from datatracing.query.runs import runs
from datatracing.store.memory import MemoryStore
from datatracing.store.port import Can


class Archive(MemoryStore):
    can = Can.LEAST


def test_law9_a_store_that_cannot_be_searched_says_so():
    with pytest.raises(BadInputError, match="cannot be searched"):
        runs(Asked(Archive(), None, EVERYTHING))
    assert runs(Asked(MemoryStore(), None, EVERYTHING)) == {"runs": [], "cursor": None}
