"""A small shop's nightly load, with what goes wrong on real nights: a retry, one bad batch, a report that never starts.

The flow `shop` calls the flow `rates`, and fails on purpose: the third batch of orders cannot be loaded, so `publish`
never starts.
"""

from prefect import flow, task
from prefect.futures import PrefectFuture
from prefect.runtime import task_run

from datatracing_prefect import record, traced

Batch = list[str]

BATCHES = [["order-1", "order-2"], ["order-3"], ["order-4", "order-5"], ["order-6"]]
BAD = "order-4"


@task(retries=1, retry_delay_seconds=0.5)
def extract_orders() -> list[Batch]:
    """The first connection of the night is refused; the second works. The password shows that errors are redacted."""
    if task_run.run_count == 1:
        raise ConnectionError("postgresql://shop:hunter2@warehouse:5432/orders refused the connection")
    return BATCHES


@task
def load_batch(batch: Batch) -> Batch:
    """Mapped, one call per batch; the third holds an order that cannot be."""
    for order in batch:
        record(order)
        if order == BAD:
            raise ValueError(f"{order} has a negative amount")
    return batch


@task
def convert(rate: str) -> dict[str, str]:
    return {"EUR": rate}


@traced
@flow
def rates() -> dict[str, str]:
    """A flow of its own: a call of it is a span in the trace of its caller, and a trace that is linked to that."""
    return convert("0.92")


@task
def publish(batches: list[Batch], rate: dict[str, str]) -> str:
    """Never starts, because a batch failed."""
    return f"{len(batches)} batches at {rate}"


@traced
@flow
def shop() -> PrefectFuture[str]:
    loaded = load_batch.map(extract_orders())
    return publish.submit(loaded, rates())


if __name__ == "__main__":
    shop()
