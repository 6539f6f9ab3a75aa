#!/usr/bin/env python3
"""Usage: check_events.py DIRECTORY

Whether the event file in a run's directory says what its metrics.jsonl and config.ini say, no more and no less; prints "TIME STEP
NAME" for the first name of each event. It is read as the format is described: TFRecord (tensorflow.org, TFRecord and
tf.train.Example), the messages of protobuf.dev's Encoding, their fields in TensorBoard's event.proto and summary.proto.
"""
import glob
import json
import math
import os
import struct
import sys


def make_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = make_table()


def masked_checksum(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    while data:
        length, checksum = struct.unpack("<QI", data[:12])
        assert checksum == masked_checksum(data[:8]), "the checksum of a length"
        record, rest = data[12 : 12 + length], data[12 + length :]
        assert len(record) == length and len(rest) >= 4, "a record is torn"
        assert struct.unpack("<I", rest[:4])[0] == masked_checksum(record), "the checksum of a record"
        yield record
        data = rest[4:]


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def message(data):
    """The fields of a message, each of which is there once, or in a list if it is number 1."""
    fields, at = {1: []}, 0
    while at < len(data):
        key, at = varint(data, at)
        field, wire_type = key >> 3, key & 7
        if wire_type == 0:
            value, at = varint(data, at)
        elif wire_type == 2:
            length, at = varint(data, at)
            value, at = data[at : at + length], at + length
        else:
            form = {1: "<d", 5: "<f"}[wire_type]
            value, at = struct.unpack_from(form, data, at)[0], at + struct.calcsize(form)
        if field == 1:
            fields[1].append(value)
        else:
            assert field not in fields, f"field {field} is there twice"
            fields[field] = value
    assert at == len(data), "a message is torn"
    return fields


def text(value):
    tensor, metadata = message(value[8]), message(value[9])
    assert tensor[1] == [7], "the text is no string"
    assert message(metadata[1][0])[1] == [b"text"], "the text is not for the plugin of texts"
    return tensor[8].decode()


def event(data):
    """Its time, its step, and what it says."""
    fields = message(data)
    (time,), step = fields.pop(1), fields.pop(2, 0)
    ((field, content),) = fields.items()
    if field == 3:
        says = {"version": content.decode()}
    elif field == 7:
        says = {"session": message(content)[1]}
    else:
        assert field == 5, f"an event with field {field}"
        values = [message(value) for value in message(content)[1]]
        names = [value[1][0].decode() for value in values]
        assert len(set(names)) == len(names), "a name is there twice"
        says = {name: value[2] if 2 in value else text(value) for name, value in zip(names, values)}
    return time, step, says


def single(number):
    return struct.unpack("<f", struct.pack("<f", number))[0]


def expected(directory):
    with open(directory + "/config.ini", encoding="utf-8") as config:
        yield 0, {"version": "brain.Event:2"}
        yield 0, {"session": [1]}
        yield 0, {"config": "```\n" + config.read() + "```\n"}
    with open(directory + "/metrics.jsonl", encoding="utf-8") as log:
        for line in map(json.loads, log):
            kind = line.pop("event")
            if kind in ("step", "epoch"):
                del line["epoch"]
                step = line.pop("step")
                yield step, {f"{kind}/{key}": single(value) for key, value in line.items() if isinstance(value, (int, float))}
            elif "diagnosis" in line:
                yield line["steps"], {"diagnosis": line["diagnosis"]}


def main():
    directory = sys.argv[1]
    *earlier, path = sorted(glob.glob(directory + "/*tfevents*"))
    assert all(os.path.getsize(other) == 0 for other in earlier), "an earlier file is not empty"
    with open(path, "rb") as file:
        events = list(map(event, records(file.read())))
    before = 0
    for time, step, says in events:
        assert math.isfinite(time) and time >= before, "time goes back"
        print(repr(time), step, next(iter(says)))
        before = time
    said, meant = [(step, says) for _, step, says in events], list(expected(directory))
    for one, other in zip(said, meant):
        assert one == other, f"{one} instead of {other}"
    assert len(said) == len(meant), f"{len(said)} events instead of {len(meant)}"


main()
