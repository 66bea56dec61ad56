"""What runs inside a user's task works where nothing but Python is installed. import-linter cannot see all of it."""

import json
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]

EMIT = """
import json, sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])
from datatracing import capture, context, model, redact
from datatracing.capture import CaptureSettings, Recorder
from datatracing.model.event import EventKind, Statement
from datatracing.model.run import RunRef

recorder = Recorder(CaptureSettings(store="", spool_dir=Path(sys.argv[2])))
run = RunRef("airflow", "default", "shop", "one")
recorder.say(Statement(EventKind.STARTED, run, attributes={"password": "hunter2"}))
recorder.close()
spooled = b"".join(file.read_bytes() for file in Path(sys.argv[2]).rglob("*") if file.is_file())
third_party = sorted(
    {name.split(".")[0] for name in sys.modules} - set(sys.stdlib_module_names) - {"__main__", "datatracing"}
)
print(json.dumps({"third_party": third_party, "spooled": len(spooled), "secret": b"hunter2" in spooled}))
"""


def bare_python(script, *arguments):
    """`-I -S`: no site-packages at all, so an import of anything that is not Python's own fails."""
    call = [sys.executable, "-I", "-S", "-c", script, *map(str, arguments)]
    ended = subprocess.run(call, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_law_1_capture_emits_to_a_spool_with_nothing_installed_but_python(tmp_path):
    seen = bare_python(EMIT, REPOSITORY / "core", tmp_path)

    assert seen["third_party"] == []
    assert seen["spooled"] > 0


def test_law_7_what_it_spooled_is_redacted(tmp_path):
    assert bare_python(EMIT, REPOSITORY / "core", tmp_path)["secret"] is False
