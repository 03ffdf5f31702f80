"""What a field of an account document is: its kind, its bounds, whom it concerns."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from domain.policies import Role

Scalar = str | int | bool | Decimal

MASTER = frozenset({Role.MASTER})
SLAVE = frozenset({Role.SLAVE})
BOTH = MASTER | SLAVE

END = r"(?![\s\S])"
"""The end of a text; `$` would let a line end through. It means the same to Python and PCRE."""

INVISIBLE = (
    r"[\x00-\x1f\x7f-\xa0\xad"
    "\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]"
)
"""Line ends, control characters, characters of no width, and blanks that only look like one."""

NOT_BLANK = "[^ ]"

SECRET_PATTERN = r"^(\$\{[A-Za-z_][A-Za-z0-9_]*\}|keyring:[^/]+/.+)?" + END
"""A password is named, never written down: `${ENV_NAME}` or `keyring:SERVICE/USER`."""

SECRET_NAMES = (
    r"passw|passphrase|pass$|pwd|secret|token"  # noqa: S105 - what such fields are called
    r"|(api|private)_?key|credential|(^|_)pin$"
)
"""Parts of names, in any case, by which other programs call a password."""


class Kind(StrEnum):
    """What a value is."""

    TEXT = "text"
    SECRET = "secret"  # noqa: S105 - the name of a kind of field
    CHOICE = "choice"
    SWITCH = "true or false"
    WHOLE = "whole number"
    NUMBER = "number"
    NAMES = "list of texts"
    TEXT_MAP = "texts by name"
    SECTION = "section"
    RULES = "list of rules"


BSON_TYPES = {
    Kind.TEXT: "string",
    Kind.SECRET: "string",
    Kind.CHOICE: "string",
    Kind.SWITCH: "bool",
    Kind.WHOLE: "number",
    Kind.NUMBER: "number",
    Kind.NAMES: "array",
    Kind.TEXT_MAP: "object",
    Kind.SECTION: "object",
    Kind.RULES: "array",
}


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field. `name` is dotted within sections; `above` and `least` and `most` bound numbers.

    `longest` counts the characters of a text, or of each text of a list or map, and `most_items`
    those texts; `pattern` is of a text, or of each text of a list or map, not
    of a map's names. `may_be_null` fields are absent
    by default; `default` of a section or a list is empty.
    """

    name: str
    kind: Kind
    meaning: str
    default: Scalar | None = None
    required: bool = False
    may_be_null: bool = False
    unit: str = ""
    above: int | None = None
    least: int | None = None
    most: int | None = None
    longest: int | None = None
    most_items: int | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    example: str = ""
    roles: frozenset[Role] = BOTH
    restart: bool = False

    @property
    def section(self) -> str:
        """The dotted name of the section it stands in, empty at the top."""
        return self.name.rpartition(".")[0]

    @property
    def short_name(self) -> str:
        """Its name within its section."""
        return self.name.rpartition(".")[2]

    @property
    def bson_type(self) -> str:
        """What MongoDB calls the type."""
        return BSON_TYPES[self.kind]
