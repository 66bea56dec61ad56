"""What waits for work until it is stopped: run by the tests, not imported.

Usage: python -m tests.prefect_rig.serve flows|tasks
"""

import sys

import prefect
from prefect.task_worker import serve

from tests.prefect_rig.runners import double, served
from tests.prefect_rig.slow import waits

if __name__ == "__main__":
    if sys.argv[1] == "flows":
        prefect.serve(served.to_deployment("here"), waits.to_deployment("here"), print_starting_message=False)
    else:
        serve(double)
