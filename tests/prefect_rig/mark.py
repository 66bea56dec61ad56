"""Marks a flow run by hand, as the menu in Prefect's UI does.

Usage: python -m tests.prefect_rig.mark RUN STATE
"""

import sys
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType
from prefect.states import State

if __name__ == "__main__":
    state = State(type=StateType(sys.argv[2]), message="by hand")
    get_client(sync_client=True).set_flow_run_state(UUID(sys.argv[1]), state, force=True)
