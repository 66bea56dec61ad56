"""Assets, and the jobs that make them. Imported by Dagster's own processes; nothing of ours is in here."""

from dagster import (
    AssetCheckResult,
    AssetOut,
    Definitions,
    MaterializeResult,
    Output,
    RetryPolicy,
    asset,
    asset_check,
    define_asset_job,
    graph_asset,
    multi_asset,
    op,
)

from tests.dagster_rig.jobs import executor


@asset(key_prefix="raw", retry_policy=RetryPolicy(max_retries=1))
def orders(context):
    if context.retry_number == 0:
        raise ValueError("no luck yet")
    return MaterializeResult(metadata={"dagster/uri": "s3://Shop/raw/orders/"})


@multi_asset(outs={"paid": AssetOut(is_required=False), "refunded": AssetOut(is_required=False)}, deps=[orders])
def split():
    yield Output(1, "paid")


@asset
def refunds(refunded):
    return refunded


@op
def add(x):
    return x


@graph_asset
def report(paid):
    return add.alias("again")(add(paid))


@asset_check(asset="report")
def report_is_whole(report):
    return AssetCheckResult(passed=bool(report))


ALL = [orders, split, refunds, report]
defs = Definitions(assets=ALL, asset_checks=[report_is_whole], jobs=[define_asset_job("asset_job")], executor=executor)
