import contextlib
import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
Paint = Callable[..., Path]


def labels(text: str) -> dict[str, str]:
    """Return name and most probable class of every picture in the CSV."""
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return {Path(row["picture"]).name: row["class"] for row in rows if row["rank"] == "1"}


def test_files_and_folders(run: Run, model_path: Path, pets: Path) -> None:
    done = run("predict", model_path, pets / "dark", pets / "bright" / "3.png", "--csv", "-")
    assert done.returncode == 0
    assert done.stderr == ""
    assert list(labels(done.stdout)) == [f"{n}.png" for n in range(10)]
    assert len(done.stdout.splitlines()) == 12
    assert f"{pets / 'bright' / '3.png'},1,bright," in done.stdout


def test_a_folder_is_searched_in_natural_order_without_what_is_no_picture(
    run: Run, model_path: Path, paint: Paint, tmp_path: Path
) -> None:
    for name in ("10.png", "2.PNG", "deep/er/1.png", ".hidden.png", ".git/a.png"):
        paint(tmp_path / "all" / name, 10)
    (tmp_path / "all" / "notes.txt").write_text("no picture")
    (tmp_path / "all" / "round").symlink_to(tmp_path / "all")
    paint(tmp_path / "elsewhere" / "3.png", 10)
    (tmp_path / "all" / "deep" / "link").symlink_to(tmp_path / "elsewhere")
    done = run("predict", model_path, tmp_path / "all", "--csv", "-")
    assert list(labels(done.stdout)) == ["2.PNG", "10.png", "1.png", "3.png"]
    assert "left out: 1 folder, hidden (.git)" in done.stderr
    assert "left out: 1 .txt file, no pictures by their suffix" in done.stderr


def test_patterns_and_names_that_look_like_patterns(
    run: Run, model_path: Path, pets: Path, paint: Paint
) -> None:
    paint(pets / "a[1].png", 10)
    done = run(
        "predict",
        model_path,
        f"{pets}/dark/[45].png",
        f"{pets}/**/9.png",
        pets / "a[1].png",
        "--csv",
        "-",
    )
    assert list(labels(done.stdout)) == ["4.png", "5.png", "9.png", "a[1].png"]


def test_a_pattern_that_fits_no_file_is_called_so(run: Run, model_path: Path, pets: Path) -> None:
    done = run("predict", model_path, f"{pets}/nothing*.png")
    assert done.returncode == 2
    assert f"no file fits the pattern {pets}/nothing*.png" in " ".join(done.stderr.split())
    assert "No such file" not in done.stderr
    some = run("predict", model_path, f"{pets}/nothing*.png", f"{pets}/dark/4.png", "--csv", "-")
    assert some.returncode == 1
    assert list(labels(some.stdout)) == ["4.png"]
    assert "no file fits the pattern" in some.stderr


def test_names_on_standard_input(run: Run, model_path: Path, pets: Path) -> None:
    names = [str(pets / "dark" / "3.png"), str(pets / "bright" / "4.png")]
    for stdin in ("\n".join(names), "\n".join(names) + "\n\n"):
        done = run("predict", model_path, "-", "--csv", "-", stdin=stdin)
        assert labels(done.stdout) == {"3.png": "dark", "4.png": "bright"}
    done = run("predict", model_path, "-", "--null", "--csv", "-", stdin="\0".join(names))
    assert labels(done.stdout) == {"3.png": "dark", "4.png": "bright"}


def test_names_with_newlines_commas_and_other_letters(
    run: Run, model_path: Path, paint: Paint, tmp_path: Path
) -> None:
    names = ["two\nlines.png", 'a,"b".png', "Kätzchen 猫.png", "-dash.png"]
    for name in names:
        paint(tmp_path / "odd" / name, 10)
    stdin = "\0".join(str(tmp_path / "odd" / name) for name in names)
    done = run("predict", model_path, "-", "--null", "--csv", "-", stdin=stdin)
    assert list(labels(done.stdout)) == names
    done = run("predict", model_path, tmp_path / "odd", "--json")
    assert sorted(Path(json.loads(line)["picture"]).name for line in done.stdout.splitlines()) == sorted(
        names
    )
    assert len(run("predict", model_path, tmp_path / "odd").stdout.splitlines()) == 1 + len(names)


def test_a_name_that_is_not_utf8(run: Run, model_path: Path, paint: Paint, tmp_path: Path) -> None:
    paint(tmp_path / "odd" / os.fsdecode(b"caf\xe9.png"), 10)
    for options in ((), ("--csv", "-"), ("--json",)):
        done = run("predict", model_path, tmp_path / "odd", *options)
        assert done.returncode == 0, done.stderr
        assert "caf" in done.stdout


def test_json_lines_hold_the_most_probable_classes(run: Run, model_path: Path, pets: Path) -> None:
    done = run("predict", model_path, pets / "bright", "--top", 5, "--json")
    first = json.loads(done.stdout.splitlines()[0])
    assert [guess["class"] for guess in first["classes"]] == ["bright", "dark"]
    assert sum(guess["probability"] for guess in first["classes"]) == pytest.approx(1)


def test_the_table_for_people(run: Run, model_path: Path, pets: Path) -> None:
    header, first, *_ = run("predict", model_path, pets / "dark" / "5.png", "--top", 2).stdout.splitlines()
    assert header.split() == ["class", "probability", "class", "probability", "picture"]
    assert first.split()[::2][:2] == ["dark", "bright"]
    assert first.endswith("5.png")


def test_one_bad_file_does_not_stop_the_rest(run: Run, model_path: Path, pets: Path) -> None:
    (pets / "text.jpg").write_text("no picture")
    done = run(
        "predict",
        model_path,
        pets / "dark" / "5.png",
        pets / "text.jpg",
        pets / "none.png",
        pets / "dark" / "6.png",
        "--csv",
        "-",
    )
    assert done.returncode == 1
    assert labels(done.stdout) == {"5.png": "dark", "6.png": "dark"}
    assert "text.jpg" in done.stderr
    assert f"cannot read the picture {pets / 'none.png'}\n  why: " in done.stderr
    assert "2 of 4 pictures could not be read" in done.stderr


@pytest.mark.slow
def test_a_person_is_told_how_far_it_is_while_the_answers_go_elsewhere(
    model_path: Path, pets: Path, tmp_path: Path
) -> None:
    (pets / "text.jpg").write_text("no picture")
    (tmp_path / "names").write_text(f"{pets / 'dark' / '3.png'}\n" * 1_000 + str(pets / "text.jpg"))
    command = [sys.executable, "-m", "convscope", "predict", str(model_path), "-", "--csv", "-"]
    terminal, theirs = os.openpty()
    told = b""
    with (tmp_path / "names").open() as names, (tmp_path / "answers.csv").open("w") as answers:
        process = subprocess.Popen(command, stdin=names, stdout=answers, stderr=theirs)
        os.close(theirs)
        with contextlib.suppress(OSError):  # the end of a terminal whose other end is closed
            while part := os.read(terminal, 65_536):
                told += part
        os.close(terminal)
    assert process.wait(60) == 1
    assert len((tmp_path / "answers.csv").read_text().splitlines()) == 1 + 1_000
    assert re.search(rb"[0-9,]+ pictures, [0-9,]+ per second", told)
    assert b"cannot read the picture" in told


@pytest.mark.parametrize(
    "arguments",
    [
        "{folder}/missing.png",
        "{folder}/empty",
        "{folder}/*.nothing",
        "-",
        "--top 0 {folder}/pets",
        "--null {folder}/pets",
        "--json --csv x.csv {folder}/pets",
        "",
    ],
)
def test_nothing_to_predict_is_an_error(run: Run, model_path: Path, pets: Path, arguments: str) -> None:
    (pets.parent / "empty").mkdir()
    done = run("predict", model_path, *arguments.format(folder=pets.parent).split())
    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_a_model_that_is_none(run: Run, pets: Path) -> None:
    done = run("predict", pets / "dark" / "5.png", pets)
    assert done.returncode == 2
    assert "not a model file" in done.stderr
    assert done.stdout == ""


@pytest.mark.slow
def test_a_reader_that_goes_away_ends_it_silently(model_path: Path, pets: Path) -> None:
    names = pets.parent / "names"
    names.write_text(f"{pets / 'dark' / '5.png'}\n" * 2_000)
    command = [sys.executable, "-m", "convscope", "predict", str(model_path), "-"]
    with (
        names.open() as stdin,
        subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process,
    ):
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1


@pytest.mark.slow
def test_prediction_needs_no_pytorch(model_path: Path, pets: Path) -> None:
    script = (
        "import sys\nfrom convscope.commands import main\n"
        f"sys.argv = ['convscope', 'predict', {str(model_path)!r}, {str(pets)!r}]\n"
        "heavy = {'torch', 'numba', 'sklearn', 'matplotlib'}\n"
        "try:\n    main()\nfinally:\n    print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 3])
def test_several_processes_predict_every_picture_once(
    run: Run, model_path: Path, pets: Path, size: int
) -> None:
    alone = run("predict", model_path, pets, "--csv", "-").stdout.splitlines()
    shares = [
        run("predict", model_path, pets, "--csv", "-", RANK=str(rank), WORLD_SIZE=str(size))
        for rank in range(size)
    ]
    lines = [done.stdout.splitlines() for done in shares]
    assert [done.returncode for done in shares] == [0] * size
    assert lines[0][0] == alone[0]
    assert lines[0][1:] == alone[1::size]
    assert lines[1:] == [alone[1 + rank :: size] for rank in range(1, size)]


def test_a_process_without_a_share_has_nothing_to_say(run: Run, model_path: Path, pets: Path) -> None:
    one = pets / "dark" / "5.png"
    done = run("predict", model_path, one, "--csv", "-", RANK="1", WORLD_SIZE="2")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    nothing = pets.parent / "nothing"
    nothing.mkdir()
    assert run("predict", model_path, nothing, RANK="0", WORLD_SIZE="2").returncode == 2


def test_several_processes_cannot_share_standard_input(run: Run, model_path: Path) -> None:
    done = run("predict", model_path, "-", RANK="0", WORLD_SIZE="2")
    assert done.returncode == 2
    assert "cannot read one standard input" in done.stderr


def test_csv_goes_to_a_file_that_holds_what_would_be_printed(run: Run, model_path: Path, pets: Path) -> None:
    (pets / "text.jpg").write_text("no picture")
    answers = pets.parent / "answers.csv"
    done = run("predict", model_path, pets, "--csv", answers)
    assert (done.returncode, done.stdout) == (1, f"written {answers}\n")
    assert answers.read_text() == run("predict", model_path, pets, "--csv", "-").stdout


def test_the_folder_of_a_run_is_taken_for_its_model(run: Run, model_path: Path, pets: Path) -> None:
    by_folder = run("predict", model_path.parent, pets / "dark")
    assert by_folder.returncode == 0, by_folder.stderr
    assert by_folder.stdout == run("predict", model_path, pets / "dark").stdout
    done = run("predict", pets, pets / "dark")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the folder of a finished run" in done.stderr


@pytest.mark.parametrize("name", ["pets.zip", "pets.tar.gz", "list.csv", "shard.parquet"])
def test_sets_of_pictures_are_no_pictures(run: Run, model_path: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04 whatever is in it")
    done = run("predict", model_path, tmp_path / name)
    assert done.returncode == 2
    assert f"{tmp_path / name} is a set of pictures: unpack it" in done.stderr
