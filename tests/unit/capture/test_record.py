"""The spool's format: whatever happens to the bytes, nothing is raised and nothing is invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datatracing.capture.record import MARK, Damage, Kind, Record, scan

hexes = st.binary(min_size=16, max_size=16).filter(any).map(bytes.hex)
texts = st.one_of(st.text(), st.just("\ufffe\u00ffDT1")).map(lambda text: text.encode("utf-8", "replace"))
records = st.builds(
    Record,
    kind=st.sampled_from(Kind),
    trace_id=st.one_of(hexes, st.just("")),
    producer=st.text("0123456789abcdef", max_size=16),
    seq=st.integers(0, 2**64 - 1),
    json=texts,
)


def encoded(several):
    return b"".join(record.encode() for record in several)


def trusted(data):
    return [found for found in scan(data) if isinstance(found, Record)]


@given(st.lists(records))
def test_what_is_written_is_read(several):
    assert list(scan(encoded(several))) == several


@given(st.lists(records, min_size=1), st.data())
def test_a_cut_leaves_every_whole_record_and_one_torn_end(several, data):
    whole = encoded(several)
    at = data.draw(st.integers(0, len(whole)))
    ends = [len(encoded(several[: n + 1])) for n in range(len(several))]
    found = list(scan(whole[:at]))
    kept = several[: sum(end <= at for end in ends)]
    assert found[: len(kept)] == kept
    assert found[len(kept) :] in ([], [Damage(at - len(encoded(kept)), torn=True)])
    assert (len(found) == len(kept)) == (at in {0, *ends})


@given(st.lists(records, min_size=1, max_size=5), st.data())
def test_flipped_bytes_never_invent_a_record_and_spare_the_others(several, data):
    whole = bytearray(encoded(several))
    hit = data.draw(st.sets(st.integers(0, len(whole) - 1), min_size=1, max_size=4))
    for at in hit:
        whole[at] ^= data.draw(st.integers(1, 255))
    starts = [len(encoded(several[:n])) for n in range(len(several) + 1)]
    spared = [record for n, record in enumerate(several) if not any(starts[n] <= at < starts[n + 1] for at in hit)]
    assert trusted(bytes(whole)) == spared
    assert any(isinstance(found, Damage) for found in scan(bytes(whole)))


@given(st.lists(st.one_of(st.binary(max_size=40), st.just(MARK), records.map(Record.encode)), max_size=12))
def test_any_bytes_at_all_are_scanned_to_their_end(pieces):
    data = b"".join(pieces)
    found = list(scan(data))
    assert sum(each.size if isinstance(each, Damage) else len(each.encode()) for each in found) == len(data)


@given(records, records)
def test_a_record_inside_the_text_of_an_event_is_not_found_there(outer, inner):
    smuggled = inner.encode().decode("latin-1").encode()
    data = Record(Kind.EVENT, outer.trace_id, outer.producer, 0, smuggled).encode()
    assert inner not in trusted(data[1:])


@pytest.mark.parametrize("tail", [b"\0" * 64, MARK + b"\xff\xff\xff\xff", MARK * 1000], ids=["zeros", "long", "marks"])
def test_rubbish_behind_good_records_costs_nothing_but_itself(tail):
    good = Record(Kind.EVENT, "ab" * 16, "0" * 16, 7, b"{}")
    assert trusted(good.encode() + tail + good.encode()) == [good, good]
