"""Tables as Python's csv and json and pyarrow write them, by seed, with what each cell is: what the page must read.

Needs pyarrow, which nothing else here does: pip install pyarrow==26.0.1
Run in reference/:
  python -m sieve_ref.table_files                        rewrites src/data/testing/files/tables.bin.gz, which every test
  run reads python -m sieve_ref.table_files --files 300 --out F    more of them, then: SIEVE_TABLES=F npx vitest run
  --project unit src/data/parse/written

The file, gunzipped: length of the JSON as u32, the JSON, then the files' bytes one after another. The JSON is a list of
{name, bytes, columns, rows}; a cell is a string (as it must be read), null (nothing), a number, a truth value, or
{"json": value} where the cell holds JSON.
"""

import argparse
import csv
import datetime as dt
import gzip
import io
import json
import random
import struct
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parents[2] / "src" / "data" / "testing" / "files" / "tables.bin.gz"
FILES = 40
NAMES = ["text", "label", "prompt", "completion", "answer", "note", "id"]
WORDS = [
    "otter",
    "a",
    "灯",
    "naïve",
    "x, y",
    '"q"',
    "line\nbreak",
    "👍",
    "semi;colon",
    "tab\there",
    "it's",
    "back\\slash",
    "10",
    "-3.5",
    "null",
    "{",
    "[1]",
    "#",
    "a|b",
    "é",
    "\u00a0",
    "'",
    "=1+1",
    "mañana",
    "</s>",
]


def sentence(rng, least=1):
    """Never all blank: a line of nothing is no row."""
    text = " ".join(rng.choice(WORDS) for _ in range(rng.randint(least, 8)))
    return text if text.strip() or not text else "a" + text


def columns(rng, most=4):
    return rng.sample(NAMES, rng.randint(2, most))


def csv_file(rng, tabs):
    names = columns(rng)
    delimiter = "\t" if tabs else rng.choice(",,,;|")
    rows = [
        [sentence(rng)]
        + [
            rng.choice([sentence(rng), sentence(rng), rng.choice(["good", "bad"]), str(rng.randint(-99, 99)), ""])
            for _ in names[1:]
        ]
        for _ in range(rng.randint(3, 9))
    ]
    out = io.StringIO()
    writer = csv.writer(
        out,
        delimiter=delimiter,
        quoting=rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
        lineterminator=rng.choice(["\r\n", "\n"]),
    )
    writer.writerow(names)
    writer.writerows(rows)
    encoding = rng.choice(["utf-8"] * 6 + ["utf-8-sig"] * 2 + ["utf-16"])
    return {"columns": names, "rows": rows}, out.getvalue().encode(encoding)


JSON_KINDS = {
    "text": sentence,
    "whole": lambda rng: rng.randint(-(10**6), 10**6),
    "float": lambda rng: rng.random() * 10 ** rng.randint(-9, 9),
    "truth": lambda rng: rng.random() < 0.5,
    "list": lambda rng: [sentence(rng), rng.randint(0, 9)],
    "object": lambda rng: {"a": sentence(rng), "b": [None, rng.random()]},
}


def json_records(rng, kinds):
    """Records whose first column is a text, and each other one of a kind."""
    names = columns(rng)
    if names[0] == "id":
        names.reverse()
    of = {name: JSON_KINDS[rng.choice(kinds)] for name in names}
    return names, [
        {name: sentence(rng) if name == names[0] else None if rng.random() < 0.1 else of[name](rng) for name in names}
        for _ in range(rng.randint(3, 9))
    ]


def json_cell(value):
    return {"json": value} if isinstance(value, (list, dict)) else value


def json_file(rng):
    shape = rng.choice(["records", "records", "data", "columns"])
    # As pandas writes columns, a cell that is an object could be a column.
    names, records = json_records(rng, [kind for kind in JSON_KINDS if shape != "columns" or kind != "object"])
    value = (
        records
        if shape == "records"
        else {"version": 1, "data": records}
        if shape == "data"
        else {name: {str(i): r[name] for i, r in enumerate(records)} for name in names}
    )
    text = json.dumps(value, ensure_ascii=rng.random() < 0.5, indent=rng.choice([None, None, 1, 4]))
    return {"columns": names, "rows": [[json_cell(r[name]) for name in names] for r in records]}, text.encode()


def jsonl_file(rng):
    names, records = json_records(rng, list(JSON_KINDS))
    # Keys may be missing, but in the first line, so that the columns' order is known.
    records = [
        {name: v for name, v in r.items() if i == 0 or name == names[0] or rng.random() < 0.85}
        for i, r in enumerate(records)
    ]
    end = rng.choice(["\n", "\r\n"])
    ascii_only = rng.random() < 0.5
    lines = [json.dumps(r, ensure_ascii=ascii_only) + (end if rng.random() < 0.1 else "") for r in records]
    text = end.join(lines) + rng.choice(["", end])
    rows = [[json_cell(r.get(name)) for name in names] for r in records]
    return {"columns": names, "rows": rows}, text.encode(rng.choice(["utf-8"] * 5 + ["utf-8-sig"]))


def moment(rng, unit):
    """A number of units since 1970, and the time as it must be written."""
    per = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    count = rng.randint(-(2**31), 2**32) * per + rng.randrange(per)
    seconds, rest = divmod(count, per)
    day = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)
    digits = str(rest).zfill(len(str(per)) - 1) if per > 1 else "000"
    return count, f"{day:%Y-%m-%dT%H:%M:%S}.{digits[:3]}{digits[3:].rstrip('0')}Z"


def decimal(rng, digits, scale):
    unscaled = rng.randint(-(10**digits) + 1, 10**digits - 1)
    whole, rest = divmod(abs(unscaled), 10**scale)
    written = f"{'-' if unscaled < 0 else ''}{whole}.{rest:0{scale}d}"
    return Decimal(written), written


def parquet_kinds():
    """name → (type, a value and the cell that it must become)."""
    same = lambda v: (v, v)
    nested = lambda v: (v, {"json": v})
    kinds = {
        "text": (pa.string(), lambda r: same(sentence(r))),
        "large": (pa.large_string(), lambda r: same(sentence(r, least=0))),
        "few": (pa.dictionary(pa.int8(), pa.string()), lambda r: same(r.choice(["good", "bad", "so-so"]))),
        "truth": (pa.bool_(), lambda r: same(r.random() < 0.5)),
        "float": (pa.float32(), lambda r: same(struct.unpack("f", struct.pack("f", r.uniform(-1e6, 1e6)))[0])),
        "double": (pa.float64(), lambda r: same(r.uniform(-1, 1) * 10 ** r.randint(-20, 20))),
        "day": (
            pa.date32(),
            lambda r: (lambda d: (d, f"{d:%Y-%m-%d}T00:00:00.000Z"))(
                dt.date(1970, 1, 1) + dt.timedelta(days=r.randint(-25_000, 60_000))
            ),
        ),
        "price": (pa.decimal128(9, 2), lambda r: decimal(r, 9, 2)),
        "wide": (pa.decimal128(38, 12), lambda r: decimal(r, 38, 12)),
        "bytes": (pa.binary(), lambda r: (lambda s: (s.encode(), s))(sentence(r))),
        "list": (
            pa.list_(pa.string()),
            lambda r: nested([r.choice([None, sentence(r)]) for _ in range(r.randint(0, 4))]),
        ),
        "struct": (
            pa.struct([("a", pa.string()), ("b", pa.float64())]),
            lambda r: nested({"a": sentence(r), "b": r.random()}),
        ),
        "messages": (
            pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())])),
            lambda r: nested(
                [
                    {"role": role, "content": sentence(r)}
                    for _ in range(r.randint(0, 3))
                    for role in ("user", "assistant")
                ]
            ),
        ),
    }
    for bits in (8, 16, 32, 64):
        kinds[f"i{bits}"] = (
            getattr(pa, f"int{bits}")(),
            lambda r, n=bits: (lambda v: (v, str(v)))(r.randint(-(2 ** (n - 1)), 2 ** (n - 1) - 1)),
        )
        kinds[f"u{bits}"] = (
            getattr(pa, f"uint{bits}")(),
            lambda r, n=bits: (lambda v: (v, str(v)))(r.randint(0, 2**n - 1)),
        )
    for unit in ("s", "ms", "us", "ns"):
        kinds[f"at_{unit}"] = (pa.timestamp(unit, tz="UTC" if unit == "us" else None), lambda r, u=unit: moment(r, u))
    return kinds


KINDS = parquet_kinds()


def parquet_file(rng):
    names = ["text", *rng.sample([name for name in KINDS if name != "text"], rng.randint(1, 4))]
    count = rng.randint(3, 12)
    cells, arrays = [], []
    for name in names:
        of, make = KINDS[name]
        pairs = [(None, None) if name != "text" and rng.random() < 0.15 else make(rng) for _ in range(count)]
        cells.append([cell for _, cell in pairs])
        arrays.append(pa.array([value for value, _ in pairs], of))
    out = io.BytesIO()
    pq.write_table(
        pa.table(dict(zip(names, arrays))),
        out,
        compression=rng.choice(["none", "snappy", "gzip", "brotli", "zstd", "lz4"]),
        use_dictionary=rng.choice([True, False]),
        data_page_version=rng.choice(["1.0", "2.0"]),
        version=rng.choice(["2.6"] if "at_ns" in names else ["2.4", "2.6"]),
        row_group_size=rng.choice([2, 5, 100]),
        data_page_size=rng.choice([16, 1 << 20]),
        write_statistics=rng.choice([True, False]),
        store_schema=rng.random() < 0.1,
    )
    return {"columns": names, "rows": [list(row) for row in zip(*cells)]}, out.getvalue()


WRITERS = {
    "csv": lambda rng: csv_file(rng, False),
    "tsv": lambda rng: csv_file(rng, True),
    "json": json_file,
    "jsonl": jsonl_file,
    "parquet": parquet_file,
}


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--seed", type=int, default=2026)
    args.add_argument("--files", type=int, default=FILES)
    args.add_argument("--out", type=Path, default=HERE)
    args = args.parse_args()
    heads, bodies = [], []
    for kind, write in WRITERS.items():
        for i in range(args.files):
            table, data = write(random.Random(f"{args.seed} {kind} {i}"))
            heads.append({"name": f"{i}.{kind}", "bytes": len(data), **table})
            bodies.append(data)
    head = json.dumps(heads, ensure_ascii=False, separators=(",", ":")).encode()
    args.out.write_bytes(gzip.compress(struct.pack("<I", len(head)) + head + b"".join(bodies), 9, mtime=0))
    print(f"{len(heads)} files, {sum(map(len, bodies))} bytes, packed {args.out.stat().st_size}")


if __name__ == "__main__":
    main()
