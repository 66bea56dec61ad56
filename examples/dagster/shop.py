"""A small shop's nightly load, with what goes wrong on real nights: a retry, one bad batch, a report that never starts.

The job `orders` writes the asset `raw_orders`. The job `shop` reads it in another run, and fails on purpose: the third
batch of orders cannot be loaded, so `sales` is never written and `report` never starts.
"""

from collections.abc import Iterator

from dagster import (
    AssetExecutionContext,
    Definitions,
    DynamicOut,
    DynamicOutput,
    RetryPolicy,
    asset,
    define_asset_job,
    graph_asset,
    op,
)

from datatracing_dagster import DataTracingResource, trace

Batch = list[int]


@asset
def raw_orders(context: AssetExecutionContext) -> list[Batch]:
    """The URI lets other orchestrators' runs meet this asset."""
    context.add_output_metadata({"dagster/uri": "s3://shop/raw/orders"})
    return [[100, 250], [75], [310, -1], [20]]


@asset(retry_policy=RetryPolicy(max_retries=2))
def customers(
    context: AssetExecutionContext, raw_orders: list[Batch], datatracing: DataTracingResource
) -> dict[str, int]:
    """The first connection of the night is refused; the second works. The password shows that errors are redacted."""
    if context.retry_number == 0:
        raise ConnectionError("postgresql://shop:hunter2@warehouse:5432/customers refused the connection")
    with datatracing.span("count", batches=len(raw_orders)):
        return {f"customer-{number}": len(batch) for number, batch in enumerate(raw_orders)}


@op(out=DynamicOut())
def split(orders: list[Batch]) -> Iterator[DynamicOutput[Batch]]:
    for number, batch in enumerate(orders):
        yield DynamicOutput(batch, mapping_key=f"batch_{number}")


@op
def load_batch(batch: Batch) -> int:
    """One instance per batch; the third holds an order with a negative amount."""
    if min(batch) < 0:
        raise ValueError(f"order with a negative amount: {min(batch)}")
    return sum(batch)


@op
def total(loaded: list[int]) -> int:
    return sum(loaded)


@graph_asset
def sales(raw_orders: list[Batch]) -> int:
    return total(split(raw_orders).map(load_batch).collect())


@asset
def report(sales: int, customers: dict[str, int]) -> str:
    return f"yesterday: {sales} euro from {len(customers)} customers"


defs = trace(
    Definitions(
        assets=[raw_orders, customers, sales, report],
        jobs=[
            define_asset_job("orders", selection=[raw_orders]),
            define_asset_job("shop", selection=[customers, sales, report]),
        ],
    )
)
