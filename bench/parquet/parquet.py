"""Writes each table's columns as Parquet in several ways and says how large the smallest file is.

Reads a JSON list of {"name", "columns": [file of int64, ...]} and writes a JSON object of name to bytes.
The ways: pyarrow, delta encoding for every column, no dictionaries and no statistics, zstd at levels 1, 9 and 19;
DuckDB, zstd, Parquet 1 and 2.
"""
import json
import os
import sys

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def sizes(table, file):
    for level in (1, 9, 19):
        pq.write_table(table, file, compression="zstd", compression_level=level, use_dictionary=False,
                       column_encoding={c: "DELTA_BINARY_PACKED" for c in table.column_names}, write_statistics=False)
        yield os.path.getsize(file)
    with duckdb.connect() as db:
        db.register("ticks", table)
        for version in ("v1", "v2"):
            db.execute(f"COPY ticks TO '{file}' (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION {version})")
            yield os.path.getsize(file)


def main():
    file = os.path.join(sys.argv[1], "table.parquet")
    smallest = {}
    for t in json.load(sys.stdin):
        columns = {os.path.splitext(c)[1][1:]: np.fromfile(c, dtype="<i8") for c in t["columns"]}
        smallest[t["name"]] = min(sizes(pa.table(columns), file))
    json.dump(smallest, sys.stdout)


main()
