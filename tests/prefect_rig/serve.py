"""What waits for work until it is stopped: run by the tests, not imported.

Usage: python -m tests.prefect_rig.serve flow|task
"""

import sys

from prefect.task_worker import serve

from tests.prefect_rig.runners import double, served

if __name__ == "__main__":
    if sys.argv[1] == "flow":
        served.serve(name="here", print_starting_message=False)
    else:
        serve(double)
