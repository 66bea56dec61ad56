"""What a collector leaves for the next one."""

from datatracing_prefect.cursors import Cursor


def test_a_cursor_is_read_as_it_was_written(tmp_path):
    Cursor.of(tmp_path / "spool", "server", "store").write(5)
    assert Cursor.of(tmp_path / "spool", "server", "store").read() == 5


def test_it_never_goes_back(tmp_path):
    cursor = Cursor.of(tmp_path, "server")
    cursor.write(5)
    cursor.write(3)
    assert cursor.read() == 5


def test_another_server_or_store_has_another_one(tmp_path):
    Cursor.of(tmp_path, "server", "store").write(5)
    assert Cursor.of(tmp_path, "server", "another").read() is None
    assert Cursor.of(tmp_path, "serv", "erstore").read() is None


def test_a_file_that_holds_something_else_is_no_cursor(tmp_path):
    cursor = Cursor.of(tmp_path, "server")
    for text in ("", "{}", "[1]", '{"ended": "soon"}', "\x00"):
        cursor.path.write_text(text)
        assert cursor.read() is None
    cursor.write(7)
    assert cursor.read() == 7


def test_no_name_of_a_server_or_store_is_in_the_file(tmp_path):
    cursor = Cursor.of(tmp_path, "postgresql://shop:hunter2@warehouse/orders")
    cursor.write(5)
    assert "hunter2" not in f"{cursor.path}{cursor.path.read_text()}"
    assert [path.name for path in tmp_path.iterdir()] == [cursor.path.name]
