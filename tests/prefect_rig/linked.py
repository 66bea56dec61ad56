"""Flows that call flows, and assets that one run writes and another one reads."""

import os

from prefect.assets import materialize

from tests.prefect_rig.flows import awaited, fail, flow, named, work


@flow
def child(x):
    return work(x)


@flow
async def async_child(x):
    return await awaited(x)


@flow
def failing_child():
    fail("orders")


@flow
def subflow():
    named("after")(child(named("before")(["orders"])))


@flow
async def async_subflow():
    await async_child(["orders"])


@flow
def failing_subflow():
    failing_child()


SHOP = f"s3://shop-{os.environ.get('RIG_TRACED', '')}"
"""Two plays at a time must not read what the other one wrote."""


@materialize(f"{SHOP}/raw.csv")
def write():
    return ["orders"]


@materialize(f"{SHOP}/clean.csv", asset_deps=[f"{SHOP}/raw.csv"])
def refine():
    return ["orders"]


@flow
def writes_asset():
    write()


@flow
def reads_asset():
    refine()
