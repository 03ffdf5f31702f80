"""BSON put together by hand, for what no driver would write."""

import struct


def a_document(*elements: bytes) -> bytes:
    content = b"".join(elements)
    return struct.pack("<i", len(content) + 5) + content + b"\0"


def an_element(kind: int, name: str, value: bytes = b"") -> bytes:
    return bytes([kind]) + name.encode() + b"\0" + value


def a_string(text: bytes) -> bytes:
    return struct.pack("<i", len(text) + 1) + text + b"\0"


def a_binary(subtype: int, content: bytes) -> bytes:
    return struct.pack("<iB", len(content), subtype) + content


def scoped_code(text: bytes, scope: bytes) -> bytes:
    content = a_string(text) + scope
    return struct.pack("<i", len(content) + 4) + content
