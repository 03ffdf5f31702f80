"""The errors a MongoDB server answers with: code, name, text and details."""

from db.embedded.values import Document

NAMES = {
    1: "InternalError",
    2: "BadValue",
    8: "UnknownError",
    4: "NoSuchKey",
    9: "FailedToParse",
    13: "Unauthorized",
    14: "TypeMismatch",
    15: "Overflow",
    16: "InvalidLength",
    18: "AuthenticationFailed",
    20: "IllegalOperation",
    22: "InvalidBSON",
    26: "NamespaceNotFound",
    27: "IndexNotFound",
    28: "PathNotViable",
    40: "ConflictingUpdateOperators",
    43: "CursorNotFound",
    48: "NamespaceExists",
    50: "MaxTimeMSExpired",
    52: "DollarPrefixedFieldName",
    53: "InvalidIdField",
    54: "NotSingleValueField",
    56: "EmptyFieldName",
    59: "CommandNotFound",
    66: "ImmutableField",
    67: "CannotCreateIndex",
    72: "InvalidOptions",
    73: "InvalidNamespace",
    76: "NoReplicationEnabled",
    85: "IndexOptionsConflict",
    86: "IndexKeySpecsConflict",
    96: "OperationFailed",
    100: "UnsatisfiableWriteConcern",
    115: "CommandNotSupported",
    121: "DocumentValidationFailure",
    123: "NotAReplicaSet",
    146: "ExceededMemoryLimit",
    168: "InvalidPipelineOperator",
    171: "CannotIndexParallelArrays",
    238: "NotImplemented",
    241: "ConversionFailure",
    322: "APIVersionError",
    352: "UnsupportedOpQueryCommand",
    10334: "BSONObjectTooLarge",
    31082: "SearchNotEnabled",
    11000: "DuplicateKey",
    14031: "OutOfDiskSpace",
}


class Refusal(Exception):  # noqa: N818 - what the server says to the client, not a fault of ours
    """A command, or one write of it, that the server refuses."""

    def __init__(self, code: int, message: str, details: Document | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details: Document = details or {}

    @property
    def name(self) -> str:
        """MongoDB's name of the code."""
        return NAMES.get(self.code, f"Location{self.code}")

    def as_reply(self) -> Document:
        """The whole command failed."""
        return {
            "ok": 0.0,
            "errmsg": self.message,
            "code": self.code,
            "codeName": self.name,
            **self.details,
        }

    def as_write_error(self, index: int) -> Document:
        """One write of a batch failed."""
        return {"index": index, "code": self.code, "errmsg": self.message, **self.details}


def not_implemented(what: str) -> Refusal:
    """What this server does not know, it refuses."""
    return Refusal(238, f"{what} is not implemented by the embedded database")
