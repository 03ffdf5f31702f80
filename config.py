"""First what a user may change; then the only reader of the environment, checked at start."""

MONGO_URI = "mongodb://localhost:27017"
DATABASE_NAME = "prop_copy_trader"
ZMQ_PUB_PORT = 5555
MASTER_POLL_INTERVAL_MS = 100
DEFAULT_SLIPPAGE_TOLERANCE = 50
DEFAULT_MAGIC_NUMBER = 234000

# An environment variable of the same name wins over each of these. Nothing below needs editing.

import os
import sys
import zoneinfo
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import msgspec

from domain.account_fields import AccountDefaults
from domain.problems import Problem, as_lines
from utils.redaction import redacted

ROOT = Path(__file__).resolve().parent
UNCHANGED_MONGO_URI = "mongodb://localhost:27017"
HIGHEST_PORT = 65535
HIGHEST_MAGIC = 9_223_371
LONGEST_NAME_BYTES = 63
STAMPS = ("live", "original")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
KEYRING = "keyring:"


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of this machine; account documents hold everything about accounts."""

    mongo_uri: str
    mongo_uri_is_set: bool
    database_name: str
    zmq_pub_port: int
    master_poll_interval_ms: int
    default_slippage_tolerance: Decimal
    default_magic_number: int
    control_port: int
    embedded_db_port: int
    paper_port: int
    history_limit: int
    state: Path
    leases: Path
    paper_ticks: tuple[Path, ...]
    paper_speed: float
    paper_stamps: str
    paper_seed: int
    control_address: str
    log_level: str
    clock: Path | None

    @property
    def redacted_uri(self) -> str:
        """The database's address as it may be shown."""
        return redacted(self.mongo_uri)

    @property
    def account_defaults(self) -> AccountDefaults:
        """What an account document that is silent about it gets."""
        return AccountDefaults(
            slippage_tolerance=self.default_slippage_tolerance,
            magic_number=self.default_magic_number,
        )

    def __repr__(self) -> str:  # type: ignore[explicit-override]  # typing has it from 3.12 on
        """Without the address's password: settings end up in logs."""
        return f"Config(state={self.state}, mongo_uri={self.redacted_uri})"


class ConfigError(Exception):
    """Settings that cannot be used; says all of them at once."""

    def __init__(self, *problems: Problem) -> None:
        """Keep the problems, and show them as lines."""
        super().__init__(as_lines(problems))
        self.problems = problems


class SecretMissing(Exception):  # noqa: N818 - it says what happened
    """A password reference leads nowhere."""


def load(environ: Mapping[str, str] | None = None) -> Config:
    """The settings in force, or a `ConfigError` with every fault."""
    ask = _Asker(os.environ if environ is None else environ)
    uri = ask.text("MONGO_URI", MONGO_URI)
    settings = Config(
        mongo_uri=ask.mongo_uri("MONGO_URI", uri),
        mongo_uri_is_set=ask.has("MONGO_URI") or uri != UNCHANGED_MONGO_URI,
        database_name=ask.database_name("DATABASE_NAME", DATABASE_NAME),
        zmq_pub_port=ask.whole("ZMQ_PUB_PORT", ZMQ_PUB_PORT, 0, HIGHEST_PORT - 1),
        master_poll_interval_ms=ask.whole(
            "MASTER_POLL_INTERVAL_MS", MASTER_POLL_INTERVAL_MS, 1, 60_000
        ),
        default_slippage_tolerance=ask.exact(
            "DEFAULT_SLIPPAGE_TOLERANCE", DEFAULT_SLIPPAGE_TOLERANCE
        ),
        default_magic_number=ask.whole(
            "DEFAULT_MAGIC_NUMBER", DEFAULT_MAGIC_NUMBER, 0, HIGHEST_MAGIC
        ),
        control_port=ask.port("CONTROL_PORT", 5550),
        embedded_db_port=ask.port("EMBEDDED_DB_PORT", 27117),
        paper_port=ask.port("PAPER_PORT", 27118),
        history_limit=ask.whole("HISTORY_LIMIT", 200_000, 1000, 100_000_000),
        state=ask.folder("MURMURATION_STATE", ROOT / "state"),
        leases=ask.folder("MURMURATION_LEASES", _leases(ask)),
        paper_ticks=ask.paths("PAPER_TICKS"),
        paper_speed=float(ask.exact("PAPER_SPEED", 1, above_zero=True)),
        paper_stamps=ask.choice("PAPER_STAMPS", "live", STAMPS),
        paper_seed=ask.whole("PAPER_SEED", 1, 0, 2**32 - 1),
        control_address=ask.text("MURMURATION_CONTROL", ""),
        log_level=ask.choice("LOG_LEVEL", "INFO", LOG_LEVELS),
        clock=ask.file("MURMURATION_CLOCK"),
    )
    if ask.problems:
        raise ConfigError(*ask.problems)
    return settings


def child_environment(config: Config, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment in which a child process loads these same settings; passwords go along."""
    inherited = dict(os.environ if environ is None else environ)
    inherited.pop("MONGO_URI", None)  # where nobody's is in force, the child must not find one
    own = {
        "DATABASE_NAME": config.database_name,
        "ZMQ_PUB_PORT": str(config.zmq_pub_port),
        "MASTER_POLL_INTERVAL_MS": str(config.master_poll_interval_ms),
        "DEFAULT_SLIPPAGE_TOLERANCE": f"{config.default_slippage_tolerance:f}",
        "DEFAULT_MAGIC_NUMBER": str(config.default_magic_number),
        "CONTROL_PORT": str(config.control_port),
        "EMBEDDED_DB_PORT": str(config.embedded_db_port),
        "PAPER_PORT": str(config.paper_port),
        "HISTORY_LIMIT": str(config.history_limit),
        "MURMURATION_STATE": str(config.state),
        "MURMURATION_LEASES": str(config.leases),
        "PAPER_TICKS": os.pathsep.join(str(path) for path in config.paper_ticks),
        "PAPER_SPEED": repr(config.paper_speed),
        "PAPER_STAMPS": config.paper_stamps,
        "PAPER_SEED": str(config.paper_seed),
        "MURMURATION_CONTROL": config.control_address,
        "LOG_LEVEL": config.log_level,
        "MURMURATION_CLOCK": str(config.clock or ""),
    }
    return inherited | own | ({"MONGO_URI": config.mongo_uri} if config.mongo_uri_is_set else {})


def zone_exists(name: str) -> bool:
    """Whether the time-zone database knows the name."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def resolve_secret(reference: str, environ: Mapping[str, str] | None = None) -> str:
    """The password that `${ENV_NAME}` or `keyring:SERVICE/USER` names; empty stays empty."""
    if not reference:
        return ""
    if reference.startswith("${") and reference.endswith("}"):
        return _from_environment(reference[2:-1], os.environ if environ is None else environ)
    if reference.startswith(KEYRING):
        return _from_keyring(reference.removeprefix(KEYRING))
    raise SecretMissing("password: wanted ${ENV_NAME} or keyring:SERVICE/USER, found another text")


def _from_environment(name: str, environ: Mapping[str, str]) -> str:
    value = environ.get(name, "")
    if value:
        return value
    raise SecretMissing(
        f"password: wanted the environment variable {name}, found none. "
        f"Set {name} where the launcher is started."
    )


def _from_keyring(place: str) -> str:
    service, _, user = place.partition("/")
    try:
        import keyring  # most installations name no keyring, and Linux has none by default
    except ImportError as missing:
        raise SecretMissing(
            f"password: wanted keyring:{place}, found no keyring package. Run: pip install keyring"
        ) from missing
    try:
        value = keyring.get_password(service, user)
    except keyring.errors.KeyringError as fault:
        raise SecretMissing(f"password: the keyring did not answer for {place}: {fault}") from fault
    if not value:
        raise SecretMissing(
            f"password: wanted keyring:{place}, found no such entry. "
            f"Run: keyring set {service} {user}"
        )
    return str(value)


def _leases(ask: "_Asker") -> Path:
    """One folder for all users and all copies of this program on the machine."""
    if sys.platform == "win32":
        return Path(ask.text("PROGRAMDATA", r"C:\ProgramData")) / "Murmuration" / "leases"
    return Path("/var/tmp/murmuration-leases")  # noqa: S108 - shared on purpose, and survives a reboot


class _Asker:
    """Reads one setting at a time and collects what is wrong."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[Problem] = []

    def has(self, name: str) -> bool:
        """Set, and not to nothing."""
        return bool(self._environ.get(name, "").strip())

    def text(self, name: str, default: str) -> str:
        """As it stands."""
        return self._environ[name].strip() if self.has(name) else default

    def mongo_uri(self, name: str, value: str) -> str:
        """An address that at least looks like one; whether it answers is seen later."""
        if not value.startswith(("mongodb://", "mongodb+srv://")):
            self._fault(name, "mongodb://HOST:PORT", "another text (not shown)")
        return value

    def database_name(self, name: str, default: str) -> str:
        """A name that MongoDB takes on every platform."""
        value = self.text(name, default)
        if (
            not value
            or set(value) & set('/\\. "$*<>:|?\0')
            or len(value.encode()) > LONGEST_NAME_BYTES
        ):
            self._fault(name, "a database name without spaces and dots", repr(value))
        return value

    def port(self, name: str, default: int) -> int:
        """A TCP port; 0 takes any free one."""
        return self.whole(name, default, 0, HIGHEST_PORT)

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number within bounds."""
        text = self.text(name, str(default))
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if least <= value <= most:
            return value
        self._fault(name, f"a whole number {least} to {most}", repr(text))
        return default

    def exact(self, name: str, default: int, *, above_zero: bool = False) -> Decimal:
        """A number that is not negative."""
        text = self.text(name, str(default))
        try:
            value = Decimal(text)
        except ArithmeticError:
            value = Decimal("NaN")
        if value.is_finite() and (value > 0 or (value == 0 and not above_zero)):
            return value
        self._fault(name, "a number above 0" if above_zero else "a number from 0", repr(text))
        return Decimal(default)

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """One of a few words, in any case."""
        value = self.text(name, default)
        found = next((choice for choice in choices if choice.lower() == value.lower()), None)
        if found is not None:
            return found
        self._fault(name, " or ".join(choices), repr(value))
        return default

    def folder(self, name: str, default: Path) -> Path:
        """An absolute folder, which need not be there yet."""
        path = Path(self.text(name, str(default))).expanduser().absolute()
        if path.exists() and not path.is_dir():
            self._fault(name, "a folder", f"a file at {path}")
        return path

    def file(self, name: str) -> Path | None:
        """One file, which need not be there yet; none where nothing is said."""
        if not self.has(name):
            return None
        path = Path(self.text(name, "")).expanduser().absolute()
        if path.is_dir() or not path.parent.is_dir():
            self._fault(name, "a file in a folder that exists", str(path))
        return path

    def paths(self, name: str) -> tuple[Path, ...]:
        """Files, as a list in the platform's own way; each must be there."""
        texts = [text for text in self.text(name, "").split(os.pathsep) if text.strip()]
        paths = tuple(Path(text.strip()).expanduser().absolute() for text in texts)
        for path in paths:
            if not path.is_file():
                self._fault(name, "files that exist", f"nothing at {path}")
        return paths

    def _fault(self, name: str, wanted: str, found: str) -> None:
        where = "environment variable" if self.has(name) else "constant in config.py"
        self.problems.append(
            Problem(field=name, wanted=wanted, found=found, what_to_do=f"Correct the {where}.")
        )
