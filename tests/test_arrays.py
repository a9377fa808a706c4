"""Named arrays in files: read back as written, and every bad file named in one message."""

from __future__ import annotations

import io
import os
import pickle
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from graphfold.errors import TooLargeError, ValuesError
from graphfold.formats.arrays import decode_arrays, encode_npz, read_arrays, write_arrays

ARRAYS = {
    "x": np.arange(6.0).reshape(2, 3),
    "h[0]": np.float32([1, 2]),
    "n": np.array(7),
    "Ω": np.asfortranarray(np.arange(4).reshape(2, 2)),
    "empty": np.zeros((0, 3)),
}


def _savez(**arrays: object) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    write_arrays(tmp_path / "a.npz", ARRAYS)
    found = read_arrays(tmp_path / "a.npz")
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_numpy_reads_what_is_written_and_the_other_way_round(tmp_path: Path) -> None:
    write_arrays(tmp_path / "a.npz", ARRAYS)
    with np.load(tmp_path / "a.npz") as loaded:
        np.testing.assert_array_equal(loaded["h[0]"], ARRAYS["h[0]"])
    np.savez_compressed(tmp_path / "b.npz", **ARRAYS)
    np.testing.assert_array_equal(read_arrays(tmp_path / "b.npz")["x"], ARRAYS["x"])


def test_the_same_arrays_are_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    first = encode_npz(ARRAYS)
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert encode_npz(ARRAYS) == first


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    write_arrays(path, {"x": 1.0})
    before = path.read_bytes()
    with pytest.raises(ValuesError, match="y is no array of numbers"):
        write_arrays(path, {"x": 2.0, "y": object()})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_json_and_safetensors_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"x": [[1, 2.5], [3, NaN]], "s": 4}')
    found = read_arrays(tmp_path / "a.json")
    np.testing.assert_array_equal(found["x"], [[1, 2.5], [3, np.nan]])
    assert found["s"].shape == ()
    safetensors = pytest.importorskip("safetensors.numpy")
    safetensors.save_file({"W": np.float32([[1, 2]])}, tmp_path / "p.safetensors")
    found = read_arrays(tmp_path / "p.safetensors")
    assert found["W"].dtype == np.float32
    np.testing.assert_array_equal(found["W"], [[1, 2]])


def test_a_missing_library_is_said_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ValuesError, match=r"p\.s: .*pip install graphfold\[safetensors\]"):
        decode_arrays(b"x", "p.s", ".safetensors")


def _with_entry(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def _twice() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x.npy", b"")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("x.npy", b"")
    return buffer.getvalue()


def _npy(array: object) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)  # type: ignore[arg-type]
    return buffer.getvalue()


def _flip(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]


WHOLE = _savez(x=np.arange(1000.0))
HUGE = b"\x93NUMPY\x01\x00\x76\x00" + (
    b"{'descr': '<f8', 'fortran_order': False, 'shape': (9999999999999,), }".ljust(117) + b"\n"
)

BAD = {
    "empty": (b"", ".npz", "the file is empty"),
    "rubbish": (os.urandom(1000), ".npz", "is no .npz file"),
    "truncated": (WHOLE[:-300], ".npz", "is no .npz file, or it is damaged"),
    "a flipped bit": (_flip(WHOLE, 2000), ".npz", "damaged"),
    "a single array": (_npy(np.ones(3)), ".npz", "one array without a name"),
    "a pickle": (pickle.dumps({"x": 1}), ".npz", "is no .npz file"),
    "objects": (_savez(x=np.array([object()])), ".npz", "'x' holds Python objects"),
    "no array in it": (_with_entry("readme.txt", b"hi"), ".npz", "'readme.txt', which is no array"),
    "a damaged array": (_with_entry("x.npy", b"hello"), ".npz", "'x' is damaged"),
    "a short array": (_with_entry("x.npy", _npy(np.ones(9))[:-8]), ".npz", "'x' is damaged"),
    "a long array": (_with_entry("x.npy", _npy(np.ones(9)) + b"1"), ".npz", "'x' is damaged"),
    "a lie about size": (_with_entry("x.npy", HUGE), ".npz", "'x' (is damaged|does not fit)"),
    "a name twice": (_twice(), ".npz", "holds 'x' twice"),
    "an unknown suffix": (WHOLE, ".xlsx", r"unknown kind of file; use \.npz"),
    "bad json": (b'{"x": [1,', ".json", "is no JSON"),
    "json rubbish": (b"\xff\xfe\x00", ".json", "is no JSON"),
    "a json list": (b"[1]", ".json", "must map names to lists"),
    "json text": (b'{"x": ["a"]}', ".json", "'x' must hold numbers only"),
    "json null": (b'{"x": null}', ".json", "'x' must hold numbers only"),
    "json huge integers": (b'{"x": %d}' % 10**400, ".json", "'x' must hold numbers only"),
    "json ragged": (b'{"x": [[1], [2, 3]]}', ".json", "'x' is a list whose rows differ"),
    "json twice": (b'{"x": 1, "x": 2}', ".json", "holds 'x' twice"),
    "json deep": (b"[" * 200_000, ".json", "nested too deeply"),
    "json deep value": (b'{"x": ' + b"[" * 70 + b"]" * 70 + b"}", ".json", "'x'"),
    "bad safetensors": (b"hello world, hello", ".safetensors", r"is no \.safetensors file"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_gets_one_message_that_names_it(case: str, tmp_path: Path) -> None:
    data, suffix, message = BAD[case]
    path = tmp_path / f"bad{suffix}"
    path.write_bytes(data)
    with pytest.raises((ValuesError, TooLargeError), match=message) as caught:
        read_arrays(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [("nothing.npz", "No such file"), ("", "is a directory"), ("a\0b.npz", "null")],
)
def test_an_unreadable_path_is_named(name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValuesError, match=message):
        read_arrays(tmp_path / name)


def test_an_archive_that_unpacks_to_more_than_memory_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("graphfold.memory.available_memory", lambda: 1000)
    with pytest.raises(TooLargeError, match=r"a\.npz: .* 8\.1 kB of memory; 1 kB are"):
        decode_arrays(WHOLE, "a.npz")


def test_an_npy_file_is_one_array_with_its_name_read_where_it_stands(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(6.0).reshape(3, 2))
    (found,) = read_arrays(tmp_path / "x.npy").items()
    assert found[0] == "x"
    assert isinstance(found[1], np.memmap)
    assert found[1].tolist() == [[0, 1], [2, 3], [4, 5]]


WRONG_NPY = {
    "no .npy file": b"abc",
    "the file is empty": b"",
    "Python objects": np.array([{}], object),
    "must hold numbers only": np.array(["a"]),
}


@pytest.mark.parametrize("message", WRONG_NPY)
def test_an_npy_file_without_numbers_is_refused(tmp_path, message):
    path, content = tmp_path / "x.npy", WRONG_NPY[message]
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.save(path, content)
    with pytest.raises(ValuesError, match=message) as told:
        read_arrays(path)
    assert str(path) in str(told.value)


@pytest.mark.parametrize("change", [lambda data: data[:-3], lambda data: data + b"more"])
def test_a_damaged_npy_file_is_refused(tmp_path, change):
    path = tmp_path / "x.npy"
    np.save(path, np.ones(9))
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ValuesError, match="is damaged"):
        read_arrays(path)
