"""Named arrays in files: .npz in and out; .npy, .safetensors and small .json in.

Nothing in a file is ever executed: arrays of Python objects are refused.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graphfold.errors import TooLargeError, ValuesError, shorten
from graphfold.files import write_whole
from graphfold.memory import ensure_fits

Arrays = dict[str, NDArray[Any]]

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date a zip file can hold: the same bytes every run


def read_arrays(path: str | os.PathLike[str]) -> Arrays:
    """Read named arrays from a .npz, .npy, .safetensors or .json file, by its suffix.

    A .npy file holds one array, which gets the name of the file: x.npy is x. It stays in the file,
    and is read as far as it is used. ValuesError, naming the file, when it cannot be read or holds
    anything but named arrays.
    """
    source, file = os.fspath(path), Path(path)
    try:
        if file.is_dir():
            raise ValuesError(f"{source}: is a directory, not a file of arrays")
        if file.suffix.lower() == ".npy":
            return {file.stem: _map_npy(file)}
        ensure_fits(2 * file.stat().st_size, source)  # the bytes of the file, and the arrays
        data = file.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise ValuesError(f"{source}: cannot be read: {reason}") from None
    return decode_arrays(data, source, file.suffix)


def _map_npy(file: Path) -> NDArray[Any]:
    """The array of a .npy file, in the file."""
    if not file.stat().st_size:
        raise ValuesError(f"{file}: the file is empty")
    try:
        array = np.lib.format.open_memmap(file, mode="r")
    except OSError:
        raise
    except Exception as error:  # damaged data fails in many ways
        objects = "holds Python objects; give an array of numbers"
        reason = objects if "Python objects" in str(error) else "is no .npy file, or it is damaged"
        raise ValuesError(f"{file}: {reason}") from None
    if array.dtype.kind not in "fiub":
        raise ValuesError(f"{file}: must hold numbers only")
    if array.size and file.stat().st_size != array.offset + array.nbytes:
        raise ValuesError(f"{file}: is damaged: there is data behind the array")
    return array


def decode_arrays(data: bytes, source: str, suffix: str = ".npz") -> Arrays:
    """Read named arrays from the bytes of a file; `source` names it in a ValuesError."""
    reader = _READERS.get(suffix.lower())
    if reader is None:
        raise ValuesError(f"{source}: unknown kind of file; use {', '.join(_SUFFIXES)}")
    if not data:
        raise ValuesError(f"{source}: the file is empty")
    try:
        return reader(data)
    except (ValuesError, TooLargeError) as error:
        raise type(error)(f"{source}: {error}") from error.__cause__


def write_arrays(path: str | os.PathLike[str], arrays: Mapping[str, Any]) -> None:
    """Write named arrays to a .npz file, whole or not at all, the same bytes on every run.

    ValuesError for a value that is no array of numbers; OSError when it cannot be written.
    """
    write_whole(path, encode_npz(arrays))


# -- npz --------------------------------------------------------------------------------------


def encode_npz(arrays: Mapping[str, Any]) -> bytes:
    """Return the bytes of a .npz file; ValuesError for a value that is no array of numbers."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, value in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            entry.create_system = 3  # as on Unix, wherever it is written
            entry.external_attr = 0o644 << 16
            with archive.open(entry, "w", force_zip64=True) as file:
                _write_array(file, name, value)
    return buffer.getvalue()


def _write_array(file: Any, name: str, value: Any) -> None:
    try:
        np.lib.format.write_array(file, np.asanyarray(value), allow_pickle=False)
    except ValueError:
        raise ValuesError(f"{name} is no array of numbers and cannot be written") from None


def _read_npz(data: bytes) -> Arrays:
    if data.startswith(b"\x93NUMPY"):
        raise ValuesError("holds one array without a name; write it with numpy.savez(file, x=x)")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            ensure_fits(sum(entry.file_size for entry in entries), "its arrays")
            _forbid_twice([entry.filename for entry in entries])
            return {_array_name(e.filename): _read_npy(archive, e) for e in entries}
    except zipfile.BadZipFile:
        raise ValuesError("is no .npz file, or it is damaged") from None


def _array_name(filename: str) -> str:
    if not filename.endswith(".npy"):
        raise ValuesError(f"holds '{shorten(filename)}', which is no array")
    return filename.removesuffix(".npy")


def _read_npy(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> NDArray[Any]:
    name = shorten(_array_name(entry.filename))
    try:
        content = archive.read(entry)
        return _parse_npy(content)
    except MemoryError:
        raise ValuesError(f"array '{name}' does not fit into memory") from None
    except zipfile.BadZipFile:
        raise
    except Exception as error:  # damaged data fails in many ways, in zlib, zipfile and numpy
        if "allow_pickle" in str(error):
            cure = "give an array of numbers"
            raise ValuesError(f"array '{name}' holds Python objects; {cure}") from None
        reason = f"{type(error).__name__}: {shorten(str(error), 100)}"
        raise ValuesError(f"array '{name}' is damaged ({reason})") from None


def _parse_npy(content: bytes) -> NDArray[Any]:
    stream = io.BytesIO(content)
    array: NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
    if stream.tell() != len(content):
        raise ValueError("data behind the array")
    return array


def _forbid_twice(names: list[str]) -> None:
    for name in sorted({n for n in names if names.count(n) > 1}):
        raise ValuesError(f"holds '{shorten(name.removesuffix('.npy'))}' twice")


# -- json, safetensors --------------------------------------------------------------------------


def _read_json(data: bytes) -> Arrays:
    try:
        table = json.loads(data, object_pairs_hook=_pairs)
    except RecursionError:
        raise ValuesError("is nested too deeply") from None
    except ValueError as error:
        raise ValuesError(f"is no JSON: {shorten(str(error), 100)}") from None
    if not isinstance(table, dict):
        raise ValuesError('must map names to lists of numbers, as {"x": [[1, 2]]}')
    return {name: _from_json(name, value) for name, value in table.items()}


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _forbid_twice([name for name, _ in pairs])
    return dict(pairs)


def _from_json(name: str, value: Any) -> NDArray[Any]:
    try:
        array = np.asarray(value)
    except ValueError:
        message = f"'{shorten(name)}' is a list whose rows differ in length or depth"
        raise ValuesError(message) from None
    if array.dtype.kind not in "fiub":
        raise ValuesError(f"'{shorten(name)}' must hold numbers only")
    return array


def _read_safetensors(data: bytes) -> Arrays:
    try:
        from safetensors.numpy import load
    except ImportError:
        cure = "pip install graphfold[safetensors]"
        raise ValuesError(f"needs the library safetensors: {cure}") from None
    try:
        return dict(load(data))
    except Exception as error:  # the library raises errors of its own, of several kinds
        reason = f"{type(error).__name__}: {shorten(str(error), 100)}"
        raise ValuesError(f"is no .safetensors file that NumPy can hold ({reason})") from None


_READERS: dict[str, Callable[[bytes], Arrays]] = {
    ".npz": _read_npz,
    ".safetensors": _read_safetensors,
    ".json": _read_json,
}
_SUFFIXES = (".npz", ".npy", *(suffix for suffix in _READERS if suffix != ".npz"))
