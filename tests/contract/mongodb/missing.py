"""What other servers lack, by name, and where they answer otherwise than the manual."""

import json
from pathlib import Path

UNKNOWN = "it says that it does not know the word"
FEATURES: dict[str, dict[str, str]] = {
    "java": {
        "validators": "it accepts a validator and does not apply it",
        "expiry": "it lists TTL indexes and deletes nothing",
        "unacknowledged writes": "a write with w: 0 does not arrive",
        "sessions": "it says that sessions are not supported",
        "transactions refused": "it says that sessions are not supported",
        "change streams refused": "it has some of them",
        **dict.fromkeys(["$bitsAllSet", "$bitsAnySet", "$bitsAllClear", "$bitsAnyClear"], UNKNOWN),
        "$jsonSchema": UNKNOWN,
        "$bit": UNKNOWN,
        "Perl's patterns": "it takes Java's",
        "update pipelines": "it takes documents of operators only",
    },
}

# Case by case, each with what it answers.
DIFFERENCES: dict[str, dict[str, str]] = {
    "java": json.loads(Path(__file__).with_name("others").joinpath("java.json").read_text("utf-8")),
}
