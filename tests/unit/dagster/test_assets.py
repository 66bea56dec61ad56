"""Where an asset is, and what a materialization was made from."""

import pytest
from dagster import AssetKey, AssetMaterialization, MetadataValue

from datatracing_dagster.assets import pointers, uri_of


@pytest.mark.parametrize(
    ("metadata", "uri"),
    [
        ({}, "dagster://shop/raw/Orders"),
        ({"dagster/uri": MetadataValue.text("S3://Bucket/orders/")}, "s3://bucket/orders"),
        ({"uri": MetadataValue.url("postgres://me:secret@DB/shop?table=orders")}, "postgres://db/shop?table=orders"),
        ({"dagster/uri": MetadataValue.text("orders")}, "dagster://shop/raw/Orders"),
        ({"dagster/uri": MetadataValue.int(7)}, "dagster://shop/raw/Orders"),
        (
            {"uri": MetadataValue.text("s3://bucket/b"), "dagster/uri": MetadataValue.text("s3://bucket/a")},
            "s3://bucket/a",
        ),
    ],
    ids=str,
)
def test_an_asset_is_where_its_metadata_says_and_is_known_by_its_key_otherwise(metadata, uri):
    assert uri_of(AssetKey(["raw", "Orders"]), metadata, "shop") == uri


def test_keys_that_differ_have_addresses_that_differ():
    keys = [["a", "b"], ["a/b"], ["A", "b"], ["a#b"], ["a?b"], ["a@b"], ["a b"], ["ab"]]
    assert len({uri_of(AssetKey(key), {}, "default") for key in keys}) == len(keys)


def test_the_same_key_in_two_installations_is_two_assets():
    key = AssetKey("orders")
    assert uri_of(key, {}, "one") != uri_of(key, {}, "two")


def test_pointers_are_to_events_that_there_are():
    tags = {
        "dagster/input_event_pointer/raw/orders": "12",
        "dagster/input_event_pointer/never_made": "NULL",
        "dagster/input_event_pointer/odd": "x",
        "dagster/code_version": "3",
    }
    made = AssetMaterialization("report", tags=tags)
    assert list(pointers(made)) == [("raw/orders", 12)]
    assert list(pointers(AssetMaterialization("report"))) == []
