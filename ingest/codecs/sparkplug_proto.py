"""The protobuf messages of Sparkplug B, as far as a collector reads them.

Made from a table, so that nothing has to be generated. Data sets, templates, metadata and nested
property sets are declared as bytes, which are the same on the wire: they are carried and never
looked into, however deep they are.

Source:
    Sparkplug 3.0, 6.4.1 (Google Protocol Buffer schema).
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final, TypeAlias

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

_Field = descriptor_pb2.FieldDescriptorProto
_PACKAGE: Final = "org.eclipse.tahu.protobuf"
_TYPES: Final = {
    "uint32": _Field.TYPE_UINT32, "uint64": _Field.TYPE_UINT64, "float": _Field.TYPE_FLOAT,
    "double": _Field.TYPE_DOUBLE, "bool": _Field.TYPE_BOOL, "string": _Field.TYPE_STRING,
    "bytes": _Field.TYPE_BYTES,
}  # fmt: skip
# A name with * is repeated, one with | belongs to the oneof `value`; a capital letter begins the
# name of a message of this table.
_MESSAGES: Final = {
    "PropertyValue": (
        "type uint32 1", "is_null bool 2", "|int_value uint32 3", "|long_value uint64 4",
        "|float_value float 5", "|double_value double 6", "|boolean_value bool 7",
        "|string_value string 8", "|propertyset_value bytes 9", "|propertysets_value bytes 10",
    ),
    "PropertySet": ("*keys string 1", "*values PropertyValue 2"),
    "Metric": (
        "name string 1", "alias uint64 2", "timestamp uint64 3", "datatype uint32 4",
        "is_historical bool 5", "is_transient bool 6", "is_null bool 7", "metadata bytes 8",
        "properties PropertySet 9", "|int_value uint32 10", "|long_value uint64 11",
        "|float_value float 12", "|double_value double 13", "|boolean_value bool 14",
        "|string_value string 15", "|bytes_value bytes 16", "|dataset_value bytes 17",
        "|template_value bytes 18", "|extension_value bytes 19",
    ),
    "Payload": (
        "timestamp uint64 1", "*metrics Metric 2", "seq uint64 3", "uuid string 4", "body bytes 5",
    ),
}  # fmt: skip

Message: TypeAlias = Any
"""A `Payload`, a metric or a property set: classes of run time, which no type describes."""


class Datatype(IntEnum):
    """What a metric's value is (6.4.16)."""

    UNKNOWN = 0
    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14
    UUID = 15
    DATASET = 16
    BYTES = 17
    FILE = 18
    TEMPLATE = 19


BD_SEQ: Final = "bdSeq"
"""Name of the metric that pairs a death with its birth."""

REBIRTH: Final = "Node Control/Rebirth"
"""Name of the metric that, written true, asks a node for its births."""


def _payload_class() -> Message:
    file = descriptor_pb2.FileDescriptorProto(
        name="sparkplug_b.proto", package=_PACKAGE, syntax="proto2"
    )
    for message, lines in _MESSAGES.items():
        declared = file.message_type.add(name=message)
        if any(line.startswith("|") for line in lines):
            declared.oneof_decl.add(name="value")
        for line in lines:
            name, kind, number = line.split()
            field = declared.field.add(
                name=name.lstrip("*|"),
                number=int(number),
                label=_Field.LABEL_REPEATED if name[0] == "*" else _Field.LABEL_OPTIONAL,
            )
            if kind in _TYPES:
                field.type = _TYPES[kind]
            else:
                field.type, field.type_name = _Field.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
            if name[0] == "|":
                field.oneof_index = 0
    pool = descriptor_pool.DescriptorPool()  # not the default one: others may know the name
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Payload"))


Payload: Final = _payload_class()
"""The message class; its metrics are `payload.metrics.add(...)`."""


def read(payload: bytes) -> Message:
    """Parse a payload.

    Raises:
        DecodeError: the bytes are no protobuf message.
    """
    message = Payload()
    message.ParseFromString(payload)
    return message


def text(value: str | bytes) -> str:
    """Return a string field: protobuf gives bytes where it is not UTF-8."""
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def bd_seq(message: Message) -> int | None:
    """Return the number that pairs birth and death; None where there is none."""
    for metric in message.metrics:
        if metric.name == BD_SEQ:
            which = metric.WhichOneof("value")
            if which in ("long_value", "int_value"):
                return int(getattr(metric, which))
    return None


__all__ = [
    "BD_SEQ", "REBIRTH", "Datatype", "DecodeError", "Message", "Payload", "bd_seq", "read", "text",
]  # fmt: skip
