"""Writes the small Parquet files of src/data/testing/files that hold types and packings that are easily read wrongly.

Needs pyarrow (written with 26.0.1), which nothing else here does: pip install pyarrow
Run in reference/: python -m sieve_ref.parquet_files
"""

import base64
import datetime
import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

FILES = Path(__file__).resolve().parents[2] / "src" / "data" / "testing" / "files"
N = 8


def types() -> None:
    """Decimals in INT32, INT64 and fixed bytes, texts that begin with a mark, bytes, dates far out, nested values."""
    cents = [-88381, 5, 0, -1, 99999, 10, None, 123]
    table = pa.table(
        {
            "text": pa.array(["\ufefflead", "é😀", "", None, "a", "b", "c", "d"]),
            "d32": pa.array([None if c is None else Decimal(c).scaleb(-2) for c in cents], pa.decimal128(7, 2)),
            "d64": pa.array(
                [None if c is None else Decimal(c * 10**8 + 1).scaleb(-10) for c in cents], pa.decimal128(18, 10)
            ),
            "bytes": pa.array([b"\xff\xfe\x00", b"plain", b"", None, b"\xe9", b"x", b"y", b"z"], pa.binary()),
            "d256": pa.array([None if c is None else Decimal(f"{c}.{'7' * 20}") for c in cents], pa.decimal256(60, 20)),
            "micros": pa.array([-(2**62), 2**62, 0, -1, 1_700_000_000_123_456, None, 10, 1], pa.timestamp("us")),
            "day": pa.array([-(2**31), 2**31 - 1, 0, -1, 19000, None, 1, 2], pa.int32()).cast(pa.date32()),
            "list": pa.array([[1, 2**60, None], [], None, [3], [4], [5], [6], [7]], pa.list_(pa.int64())),
            "struct": pa.array(
                [{"at": datetime.date(2024, 2, 29), "cost": Decimal("-0.05")}] * N,
                pa.struct([("at", pa.date32()), ("cost", pa.decimal128(5, 2))]),
            ),
        }
    )
    pq.write_table(
        table, FILES / "types.parquet", store_decimal_as_integer=True, compression="zstd", use_dictionary=["text"]
    )
    # Texts that are not UTF-8, which Arrow does not check.
    raw = pa.array([b"caf\xe9", b"fine", b"tea", b"milk"], pa.binary())
    bad = pa.Array.from_buffers(pa.string(), len(raw), raw.buffers())
    pq.write_table(pa.table({"prompt": bad, "completion": ["a", "b", "c", "d"]}), FILES / "latin.parquet")


def strange() -> None:
    """One column of a type that is not read: JSON, whose two marks in the footer are made those of BSON."""
    table = pa.table({"text": [f"text {i}" for i in range(N)], "odd": pa.array(["{}"] * N, pa.json_())})
    path = FILES / "strange.parquet"
    pq.write_table(table, path, store_schema=False)
    data = path.read_bytes()
    at = data.rindex(b"odd\x25\x26")
    head, tail = data[:at], data[at:]
    assert tail[5:7] == b"\x4c\xcc"
    path.write_bytes(head + b"odd\x25\x28\x4c\xdc" + tail[7:])


def lz4() -> None:
    """One file in bare LZ4 blocks under both of their names, and blocks as Hadoop and as LZ4's own frames put them."""
    words = [f"an otter and {i % 7} pebbles, {i}" for i in range(300)]
    path = FILES / "pairs-lz4.parquet"
    pq.write_table(pa.table({"prompt": words, "completion": words}), path, compression="lz4", use_dictionary=False)
    raw = path.read_bytes()
    # Codec 7 (LZ4_RAW) after the column's path, made 5 (LZ4).
    for name in (b"prompt", b"completion"):
        at = raw.rindex(name + b"\x15\x0e") + len(name)
        raw = raw[:at] + b"\x15\x0a" + raw[at + 2 :]
    (FILES / "pairs-lz4-old.parquet").write_bytes(raw)
    text = "\n".join(words[:60]).encode()
    block = lambda part: pa.Codec("lz4_raw").compress(part, asbytes=True)
    be = lambda n: n.to_bytes(4, "big")
    half, rest = text[:700], text[700:]
    b = {
        "bare": block(text),
        "frame": pa.Codec("lz4").compress(text, asbytes=True),
        "hadoop": be(len(text)) + be(len(block(text))) + block(text),
        "hadoop, two frames": b"".join(be(len(p)) + be(len(block(p))) + block(p) for p in (half, rest)),
        "hadoop, two blocks in a frame": be(len(text)) + b"".join(be(len(block(p))) + block(p) for p in (half, rest)),
    }
    packed = {"text": text.decode(), **{name: base64.b64encode(data).decode() for name, data in b.items()}}
    (FILES / "lz4.json").write_text(json.dumps(packed, indent=1) + "\n")


if __name__ == "__main__":
    types()
    strange()
    lz4()
