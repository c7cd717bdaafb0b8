"""`./weir bench columns`: the same requests in PostgreSQL and in ClickHouse: bytes, and time for a sum of all.

For who outgrows one PostgreSQL (docs/scaling.md): the ledger's rows are made by its own code, copied out
as CSV, as an export or a change feed would bring them, and read into a MergeTree by ClickHouse's own
engine, embedded (chdb, from PyPI, into a folder below the build directory; close to a gigabyte).
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "integration"))

from postgres import Postgres  # noqa: E402

CHDB = "chdb==4.4.0"
SUM = ("SELECT model, started_at_unix_ms / 86400000 AS day, COUNT(*), SUM(cost_nano_usd) FROM {table} "
       "GROUP BY 1, 2 ORDER BY 1, 2")
TRIES = 5
# Runs in the folder that has chdb: reads the CSV, answers with one line of JSON.
READER = '''
import json, sys, time
from chdb import session
csv, columns, query, tries, folder = json.loads(sys.stdin.read())
made = session.Session(folder)
made.query("CREATE DATABASE ledger")
made.query(f"CREATE TABLE ledger.events ({columns}) ENGINE = MergeTree ORDER BY (started_at_unix_ms, id)")
began = time.monotonic()
made.query(f"INSERT INTO ledger.events SELECT * FROM file('{csv}', 'CSV', '{columns}')")
took = time.monotonic() - began
made.query("OPTIMIZE TABLE ledger.events FINAL")
rows, size = json.loads(str(made.query(
    "SELECT sum(rows), sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'events'", "JSONCompact")))["data"][0]
times = []
for _ in range(tries):
    began = time.monotonic()
    answer = str(made.query(query, "CSV"))
    times.append((time.monotonic() - began) * 1000)
print(json.dumps({"rows": int(rows), "bytes": int(size), "seconds": took, "query_ms": times, "answer": answer}))
'''


def chdb_python(build_dir):
    folder = build_dir / "venvs" / "columns"
    python = folder / "bin" / "python"
    if not (folder / CHDB).exists():
        print(f"installing {CHDB} into {folder} …", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", CHDB], check=True)
        (folder / CHDB).touch()
    return python


def in_postgres(options, postgres):
    """Rows made by the ledger's code; bytes with indexes, of the rows alone, ms of the sum, its answer."""
    url = postgres.create_database("ledger")
    subprocess.run([options.build_dir / "bin" / "weir-usage-load", "--fill-database", url, "--events",
                    str(options.rows), "--days", "3", "--keys", "1000"], stdout=subprocess.DEVNULL, check=True)
    postgres.query("ledger", "VACUUM ANALYZE")
    total, rows_alone = (int(text) for text in postgres.query("ledger", """
        SELECT SUM(pg_total_relation_size(c.oid)), SUM(pg_table_size(c.oid)) FROM pg_class c
        WHERE c.relkind = 'r' AND c.relname LIKE 'usage_events%'""")[0])
    times, answer = [], None
    for _ in range(TRIES):
        began = time.monotonic()
        answer = postgres.query("ledger", SUM.format(table="usage_events"))
        times.append((time.monotonic() - began) * 1000)
    return {"bytes": total, "bytes_without_indexes": rows_alone, "query_ms": times, "answer": answer}


def columns_of(postgres):
    """As ClickHouse declares them."""
    kinds = {"bigint": "Int64", "text": "String", "bytea": "String"}
    rows = postgres.query("ledger", "SELECT column_name, data_type FROM information_schema.columns "
                                    "WHERE table_name = 'usage_events' ORDER BY ordinal_position")
    return ", ".join(f"{name} {kinds[kind]}" for name, kind in rows)


def in_clickhouse(python, postgres, folder):
    csv = folder / "rows.csv"
    csv.touch()
    csv.chmod(0o666)
    postgres.query("ledger", f"\\copy (SELECT * FROM usage_events) TO '{csv}' CSV")
    query = SUM.format(table="ledger.events").replace("/", "DIV")
    given = json.dumps([str(csv), columns_of(postgres), query, TRIES, str(folder / "clickhouse")])
    output = subprocess.run([python, "-c", READER], input=given, stdout=subprocess.PIPE, check=True, text=True).stdout
    return json.loads(output.splitlines()[-1]) | {"csv_bytes": csv.stat().st_size}


def same_sums(ours, theirs):
    read = [line.replace('"', "").split(",") for line in theirs.strip().splitlines()]
    return ours == read


def main():
    parser = argparse.ArgumentParser(prog="./weir bench columns", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build-dir", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    options.build_dir = options.build_dir.resolve()
    python = chdb_python(options.build_dir)
    postgres = Postgres(durable=True)
    try:
        with tempfile.TemporaryDirectory(prefix="weir-bench-") as name:
            folder = pathlib.Path(name)
            folder.chmod(0o755)
            ours = in_postgres(options, postgres)
            theirs = in_clickhouse(python, postgres, folder)
    finally:
        postgres.close()
    assert theirs["rows"] == options.rows, theirs["rows"]
    assert same_sums(ours["answer"], theirs["answer"]), "the two sums differ"
    print(f"{options.rows:,} requests\n\n{'':<12}{'bytes a row':>14}{'without indexes':>18}{'sum of all, ms':>17}")
    print(f"{'PostgreSQL':<12}{ours['bytes'] / options.rows:>14.0f}"
          f"{ours['bytes_without_indexes'] / options.rows:>18.0f}{statistics.median(ours['query_ms']):>17.0f}")
    print(f"{'ClickHouse':<12}{theirs['bytes'] / options.rows:>14.0f}{'':>18}"
          f"{statistics.median(theirs['query_ms']):>17.0f}   read in at {options.rows / theirs['seconds']:,.0f} rows/s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
