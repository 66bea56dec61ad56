"""What a watcher leaves for the next one."""

from datatracing_prefect.agenda import FLOW, Agenda
from datatracing_prefect.cursors import STORED, Cursor, Position, Stored

AT_FIVE = Position(5, {"flow/a": Stored(4, "digest")})


def test_a_cursor_is_read_as_it_was_written(tmp_path):
    Cursor.of(tmp_path / "spool", "server", "store").write(AT_FIVE)
    assert Cursor.of(tmp_path / "spool", "server", "store").read() == AT_FIVE


def test_it_never_goes_back(tmp_path):
    cursor = Cursor.of(tmp_path, "server")
    cursor.write(AT_FIVE)
    cursor.write(Position(3))
    assert cursor.read() == AT_FIVE


def test_another_server_or_store_has_another_one(tmp_path):
    Cursor.of(tmp_path, "server", "store").write(AT_FIVE)
    assert Cursor.of(tmp_path, "server", "another").read() is None
    assert Cursor.of(tmp_path, "serv", "erstore").read() is None


def test_a_file_that_holds_something_else_is_no_cursor(tmp_path):
    cursor = Cursor.of(tmp_path, "server")
    for text in ("", "{}", "[1]", '{"ended": "soon"}', '{"ended": 1, "stored": [2]}', "\x00"):
        cursor.path.write_text(text)
        assert cursor.read() is None
    cursor.write(AT_FIVE)
    assert cursor.read() == AT_FIVE


def test_it_stays_small_and_keeps_the_newest(tmp_path):
    cursor = Cursor.of(tmp_path, "server")
    cursor.write(Position(1, {f"flow/{n}": Stored(n, "digest") for n in range(STORED + 5)}))
    found = cursor.read().stored
    assert len(found) == STORED
    assert min(each.ended_at for each in found.values()) == 5


def test_no_name_of_a_server_or_store_is_in_the_file(tmp_path):
    cursor = Cursor.of(tmp_path, "postgresql://shop:hunter2@warehouse/orders")
    cursor.write(AT_FIVE)
    assert "hunter2" not in f"{cursor.path}{cursor.path.read_text()}"
    assert [path.name for path in tmp_path.iterdir()] == [cursor.path.name]


def test_what_one_watcher_has_dealt_with_the_next_one_does_not_read_again():
    first, second = Agenda(settle=0), Agenda(settle=0)
    first.ended((FLOW, "a"), 1_000)
    first.read((FLOW, "a"), 9_999, "digest", goes_on=False)
    first.ended((FLOW, "open"), 1_000)
    second.recall(first.stored())
    for run in ("a", "open"):
        second.ended((FLOW, run), 1_000)
    assert second.due(9_999) == [(FLOW, "open")]
    second.ended((FLOW, "a"), 2_000)
    assert second[FLOW, "a"].digest == "digest"
    assert len(second) == 2
