"""Two kinds of ordinary task: one that does nothing, and one that forks as the first thing it does."""

import json
import os
import time

from airflow.sdk import dag, task


@task
def nothing(number: int) -> int:
    return number


@task
def forks(_number: int) -> None:
    began = time.perf_counter()
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    line = json.dumps({"fork": 1_000 * (time.perf_counter() - began)})
    file = os.open(os.environ["BENCH_COST"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, line.encode() + b"\n")
    os.close(file)


@dag(schedule=None, catchup=False)
def ordinary():
    count = int(os.environ.get("BENCH_EACH", "1"))
    nothing.expand(number=list(range(count)))
    forks.expand(_number=list(range(count)))


ordinary()
