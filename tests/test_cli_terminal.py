"""On a terminal: colours unless NO_COLOR, a sign of life while long work goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import call

from graphfold.examples import example_path

pty = pytest.importorskip("pty")

WRONG = "graphfold: 1\nequations: |\n  y = z\n"


def on_a_terminal(code: str, **changes: str) -> str:
    """Run Python with its output on a terminal of 40 columns; return all that was shown."""
    main, side = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    environment |= {"TERM": "xterm", "COLUMNS": "40", **changes}
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=side, stdout=side, stderr=side, env=environment
    )
    os.close(side)
    shown = b""
    try:
        while part := os.read(main, 65536):
            shown += part
    except OSError:  # the end, as Linux tells it
        pass
    os.close(main)
    child.wait(timeout=20)
    return shown.decode("utf-8")


def command(*args: str, before: str = "") -> str:
    return f"from graphfold_cli import main\n{before}\nmain({list(args)!r})"


def test_errors_are_coloured_unless_no_color_is_set(tmp_path: Path) -> None:
    model = tmp_path / "m.yaml"
    model.write_text(WRONG)
    code = command("check", str(model))
    assert "\x1b[31m" in on_a_terminal(code)
    plain = on_a_terminal(code, NO_COLOR="1")
    assert "\x1b" not in plain
    assert "m.yaml:3:7: unknown" in plain
    assert "\x1b" not in call("check", model).err


def test_tables_fold_on_a_narrow_terminal() -> None:
    shown = on_a_terminal(command("check", str(example_path("lstm")), "--shapes"), NO_COLOR="1")
    assert max(map(len, shown.replace("\x1b[0m", "").replace("\x1b[1m", "").splitlines())) <= 40


SLOW = """
from graphfold_cli import progress
progress.PATIENCE = 0.05
with progress.working("drawing"):
    import time
    time.sleep(0.8)
print("done")
"""


def test_long_work_shows_a_sign_of_life_and_takes_it_away() -> None:
    shown = on_a_terminal(SLOW)
    assert "drawing …" in shown
    assert shown.rstrip().endswith("done")
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")  # the cursor is back


def test_short_work_shows_nothing(tmp_path: Path) -> None:
    arguments = "unfold", str(example_path("driven")), "-o", str(tmp_path / "f.json")
    before = "from graphfold_cli import progress; progress.PATIENCE = 30"
    start = time.monotonic()
    assert "…" not in on_a_terminal(command(*arguments, before=before))
    assert time.monotonic() - start < 20  # nobody waits for the sign


def test_nothing_is_shown_when_standard_error_is_no_terminal() -> None:
    done = subprocess.run([sys.executable, "-c", SLOW], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("done\n", "")


def test_a_long_evaluation_shows_how_many_steps_are_done(tmp_path: Path) -> None:
    model = example_path("fibonacci").read_text().replace("[t-1] +", "[t-1] -")
    (tmp_path / "m.yaml").write_text(model)
    arguments = "eval", str(tmp_path / "m.yaml"), "--steps", "400000", "-o", str(tmp_path / "o.npz")
    before = "from graphfold_cli import progress; progress.PATIENCE = 0.0"
    shown = on_a_terminal(command(*arguments, before=before), COLUMNS="90")
    assert "evaluating …" in shown
    assert "of 400,000 steps" in shown
    assert call(*arguments).err == f"F [400000]: {tmp_path / 'o.npz'}\n"
