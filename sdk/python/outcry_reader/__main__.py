"""python -m outcry_reader --log DIR/log | --kafka HOST:PORT,…: prints bars and messages as lines of JSON."""

import argparse
import collections
import json
import sys

from google.protobuf import json_format
from outcry.v1 import batch_pb2

from . import records, talk, tape


def rebuild(source):
    """Folds all records; gives instruments and rooms by id."""
    instruments, rooms = {}, {}
    homes = collections.defaultdict(dict)  # by partition, since a record moves the time of its whole partition
    now = collections.defaultdict(int)
    for record in source:
        if not record.payload:
            continue  # an offset that the log keeps for itself
        batch = batch_pb2.Batch.FromString(record.payload)
        if batch.version != 1:
            raise ValueError(f"{record.kind}/{record.partition}@{record.offset} has format {batch.version}, known is 1")
        home = record.kind, record.partition
        now[home] = max(now[home], batch.ingest_time_ns)
        for one in homes[home].values():
            one.advance(now[home])
        for group in batch.instruments:
            if group.instrument not in instruments:
                instruments[group.instrument] = tape.Instrument(group.instrument)
                homes[home][group.instrument] = instruments[group.instrument]
            instruments[group.instrument].fold(batch, group)
        for group in batch.rooms:
            rooms.setdefault(group.room, talk.Room(group.room)).fold(batch, group)
    return instruments, rooms


def main() -> None:
    parser = argparse.ArgumentParser(prog="outcry_reader", description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--log", help="folder of an embedded log: log/ in the data folder")
    where.add_argument("--kafka", help="brokers of a cluster")
    parser.add_argument("--prefix", default="outcry", help="of the topics' names (default: outcry)")
    args = parser.parse_args()
    instruments, rooms = rebuild(records.kafka(args.kafka, args.prefix) if args.kafka else records.segments(args.log))
    say = lambda what, m: print(json.dumps({what: json_format.MessageToDict(m)}, ensure_ascii=False))
    for _, instrument in sorted(instruments.items()):
        for bar in instrument.bars():
            say("bar", bar)
    for _, room in sorted(rooms.items()):
        for message in room.history():
            say("message", message)


if __name__ == "__main__":
    sys.exit(main())
