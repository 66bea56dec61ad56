"""A small shop's nightly load, with what goes wrong on real nights: a retry, a branch, one bad batch, a child run.

`shop` ends failed on purpose: the third batch of orders cannot be loaded, so `publish` never starts. It triggers
`shop_report`, which succeeds, before anyone knows.
"""

from datetime import timedelta

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import dag, get_current_context, task


@task(retries=2, retry_delay=timedelta(seconds=1))
def extract_orders() -> list[list[int]]:
    """The first connection of the night is refused; the second works. The password shows that errors are redacted."""
    if get_current_context()["ti"].try_number == 1:
        raise ConnectionError("postgresql://shop:hunter2@warehouse:5432/orders refused the connection")
    return [[100, 250], [75], [310, -1], [20]]


@task.branch
def currency_of(batches: list[list[int]]) -> str:
    return "convert_rates" if len(batches) > 10 else "keep_euro"


@task
def convert_rates() -> None:
    """Not chosen by the branch, so it is skipped."""


@task
def keep_euro() -> None:
    print("amounts are in euro already")


@task
def load_batch(batch: list[int]) -> int:
    """One mapped instance per batch; the third holds an order with a negative amount."""
    if min(batch) < 0:
        raise ValueError(f"order with a negative amount: {min(batch)}")
    return sum(batch)


@task
def publish(totals: list[int]) -> None:
    print(f"published {sum(totals)} euro")


@dag(schedule=None, catchup=False, tags=["example", "shop"])
def shop() -> None:
    batches = extract_orders()
    loaded = load_batch.expand(batch=batches)
    trigger_report = TriggerDagRunOperator(
        task_id="trigger_report",
        trigger_dag_id="shop_report",
        trigger_rule="none_failed_min_one_success",
    )
    currency_of(batches) >> [convert_rates(), keep_euro()] >> trigger_report
    publish(loaded)


@task
def summarise() -> int:
    return 755


@task
def send_report(total: int) -> None:
    print(f"yesterday: {total} euro")


@dag(schedule=None, catchup=False, tags=["example", "shop"])
def shop_report() -> None:
    send_report(summarise())


shop()
shop_report()
