"""What each node is told: its document, where masters are, the stored latch."""

from collections.abc import Mapping

from db.connecting import Chosen, Silent
from db.remembered import EMBEDDED
from decisions.roster import PLACE, Pair
from domain.control import Settings
from domain.policies import Role
from nodes.supervisor.accounts import Document
from nodes.supervisor.database_line import DatabaseLine, Sight
from nodes.supervisor.member import Member

LOCAL = "tcp://127.0.0.1"
PLACE_FIELDS = (*(field for field in PLACE if "." not in field), "paper")


def settings_for(
    member: Member,
    document: Document | None,
    line: DatabaseLine,
    masters: Mapping[str, tuple[str, str]],
    all_masters: tuple[str, ...],
    close_only: str = "",
) -> Settings:
    """The whole truth for one node; `document` is None where nobody knows one any more."""
    place, sight = line.place, line.sight or Sight()
    copies = member.role is Role.SLAVE
    return Settings(
        document=document,
        masters=dict(masters) if copies else {},
        all_masters=all_masters if copies else (),
        last_epoch=sight.epochs.get(member.name, 0) if member.role is Role.MASTER else 0,
        database=not line.trouble,
        addresses=masters.get(member.name),
        swarm=_swarm(place),
        swarm_ids=place.swarm_ids,
        embedded_uri=place.uri if place.kind == EMBEDDED else "",
        close_only=close_only,
    )


def closing_only(document: Document | None) -> Document | None:
    """The same account, which opens nothing."""
    return None if document is None else {**document, "enabled": False}


def same_account(one: Document | None, other: Document | None) -> bool:
    """Both name the same account in the same terminal, however it is to be copied to."""
    if one is None or other is None:
        return False
    return all(one.get(field) == other.get(field) for field in PLACE_FIELDS)


def same_news(before: Settings | None, after: Settings) -> bool:
    """Whether a node has heard this already; its own epoch is no news to a master."""
    return before is not None and _without_epoch(before) == _without_epoch(after)


def addresses_of(pair: Pair) -> tuple[str, str]:
    """A master's ports as addresses."""
    return f"{LOCAL}:{pair[0]}", f"{LOCAL}:{pair[1]}"


def pair_of(addresses: tuple[str, str]) -> Pair:
    """Addresses as ports."""
    signals, snapshots = (int(address.rsplit(":", 1)[1]) for address in addresses)
    return signals, snapshots


def _swarm(place: Chosen | Silent) -> str:
    if isinstance(place, Chosen):
        return place.swarm
    return next(iter(place.swarm_ids), "")


def _without_epoch(told: Settings) -> tuple[object, ...]:
    return (
        told.document,
        told.masters,
        told.all_masters,
        told.latch,
        told.database,
        told.addresses,
        told.swarm,
        told.swarm_ids,
        told.embedded_uri,
        told.close_only,
    )
