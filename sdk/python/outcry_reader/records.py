"""Where records come from: a Kafka cluster, or the folder of an embedded log.

Both give Record in the order of each partition; what a payload holds is one
outcry.v1.Batch, the same bytes in both.
"""

import pathlib
import struct
from typing import Iterator, NamedTuple

KINDS = ("instrument", "room")


class Record(NamedTuple):
    kind: str  # "instrument" or "room"
    partition: int
    offset: int
    payload: bytes


def kafka(brokers: str, prefix: str = "outcry", **settings) -> Iterator[Record]:
    """All records of PREFIX.instrument and PREFIX.room, up to the end that they have now; settings are librdkafka's (TLS, SASL)."""
    import confluent_kafka as ck

    consumer = ck.Consumer({
        "bootstrap.servers": brokers, "group.id": "none", "enable.auto.commit": False,
        "isolation.level": "read_uncommitted",  # as the server reads
        "enable.partition.eof": True, **settings})
    try:
        for kind in KINDS:
            topic = f"{prefix}.{kind}"
            partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
            for p in sorted(partitions):
                yield from _partition(ck, consumer, kind, topic, p)
    finally:
        consumer.close()


def _partition(ck, consumer, kind: str, topic: str, partition: int) -> Iterator[Record]:
    first, end = consumer.get_watermark_offsets(ck.TopicPartition(topic, partition), timeout=30)
    if first == end:
        return
    consumer.assign([ck.TopicPartition(topic, partition, first)])  # no group: nothing rebalances
    offset = first - 1
    while offset < end - 1:
        m = consumer.poll(30)
        if m is not None and m.error() and m.error().code() == ck.KafkaError._PARTITION_EOF:
            return  # the last offsets are Kafka's own, such as the end of somebody's transaction
        if m is None or m.error():
            raise ck.KafkaException(m.error() if m else f"{topic}/{partition} gives nothing after offset {offset}")
        offset = m.offset()
        yield Record(kind, partition, offset, m.value() or b"")


def segments(folder: str) -> Iterator[Record]:
    """All durable records of an embedded log: DIR/log of a data folder (docs/formats/segments.md).

    May run beside the server: the group that is being written is left out.
    """
    files = sorted(pathlib.Path(folder).glob("*.seg"))
    if not files:
        raise FileNotFoundError(f"{folder} has no segment of a log")
    for path in files:
        yield from _segment(path.read_bytes(), path.name, path is files[-1])


def _segment(data: bytes, name: str, last: bool) -> Iterator[Record]:
    magic, version, instruments, rooms = struct.unpack_from("<8sIHH", data)
    if magic != b"OUTCRYLG" or version != 1:
        raise ValueError(f"{name} is no segment of format 1")
    at = 72 + 8 * (instruments + rooms)
    while at + 48 <= len(data):
        magic, form, _, sections, _, length = struct.unpack_from("<4sBBHQI", data, at)
        if magic != b"CRGP" or form != 1:
            return  # a mark, or a torn tail
        if last and data[at + length:at + length + 4] != b"CRGP":
            return  # nothing says yet that this group is durable
        for i in range(sections):
            yield from _section(data, name, at, *struct.unpack_from("<BBHIqII", data, at + 48 + 24 * i))
        at += length


def _section(data, name, group, kind, _, partition, records, first, start, length) -> Iterator[Record]:
    at = group + start
    for offset in range(first, first + records):
        size, _, _, _, found, checksum, _ = struct.unpack_from("<IBBHqQQ", data, at)
        payload = data[at + 32:at + 32 + size]
        if found != offset or not _sound(payload, checksum):
            raise ValueError(f"{name} is damaged at byte {at}")
        yield Record("instrument" if kind == 1 else "room", partition, offset, payload)
        at += 32 + size


def _sound(payload: bytes, checksum: int) -> bool:
    try:
        import xxhash
    except ImportError:
        return True  # not verified
    return xxhash.xxh3_64_intdigest(payload) == checksum
