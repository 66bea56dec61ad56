"""Law 6 under every kind of fault, each once. `make chaos` plays hundreds."""

import pytest

from tests.chaos.keeper import KEEPERS
from tests.chaos.plan import KINDS
from tests.chaos.play import play

SEED = 8


@pytest.mark.timeout(600)
@pytest.mark.xdist_group("chaos")
@pytest.mark.parametrize("store", KEEPERS)
def test_law6_whatever_happens_an_event_is_stored_or_its_loss_is_named_on_its_run(tmp_path, store):
    assert play(tmp_path, SEED, len(KINDS), store) == []
