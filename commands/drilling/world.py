"""Everything of a drill that stands or sits somewhere: accounts, hands, traders, the watch."""

from typing import Any, NamedTuple

from commands.drilling.hands import Hand, Place
from commands.drilling.looking import Follower, Leader, Watch
from commands.drilling.trading import Bystander, Trader
from commands.drilling.victims import Victims
from commands.staging.books import DEFAULT_MAGIC
from commands.staging.scenery import Scenery
from db.clients import opened
from db.identity import swarm_of
from domain.policies import Role
from paper.admin import Admin

Document = dict[str, Any]


class World(NamedTuple):
    """Whoever is there."""

    swarm: str
    masters: dict[str, Hand]
    slaves: dict[str, Hand]
    follows: dict[str, tuple[str, ...]]
    traders: dict[str, Trader]
    bystander: Bystander
    watch: Watch

    def leave(self) -> None:
        """Everybody hangs up."""
        for hand in (*self.masters.values(), *self.slaves.values()):
            hand.leave()


def people(scenery: Scenery, victims: Victims, seed: int) -> World:
    """Sit down at every account; the broker and the database answer."""
    places = _places(scenery)
    hands = {name: Hand(place, victims.broker_address) for name, place in places.items()}
    masters = {name: hands[name] for name in _names(scenery, Role.MASTER)}
    slaves = {name: hands[name] for name in _names(scenery, Role.SLAVE)}
    follows = {name: _followed(scenery, name, tuple(masters)) for name in slaves}
    swarm = _swarm(scenery)
    return World(
        swarm=swarm,
        masters=masters,
        slaves=slaves,
        follows=follows,
        traders={
            name: Trader(hand, seed * 1_000 + number)
            for number, (name, hand) in enumerate(masters.items())
        },
        bystander=Bystander(slaves, seed * 1_000 + 999),
        watch=_watch(scenery, places, follows, swarm),
    )


def document_of(scenery: Scenery, name: str) -> Document:
    """An account's document as it was at the start."""
    return next(dict(one) for one in scenery.accounts if one["name"] == name)


def _names(scenery: Scenery, role: Role) -> list[str]:
    return [str(one["name"]) for one in scenery.accounts if one["type"] == role.value]


def _followed(scenery: Scenery, slave: str, masters: tuple[str, ...]) -> tuple[str, ...]:
    named = document_of(scenery, slave).get("follows")
    return masters if named is None else tuple(one for one in masters if one in named)


def _places(scenery: Scenery) -> dict[str, Place]:
    with Admin(scenery.broker.host, scenery.broker.port) as admin:
        rows = {str(row["key"]): row for row in admin.status()["terminals"]}
    found = {}
    for account in scenery.accounts:
        row = rows[str(account["path"])]
        found[str(account["name"])] = Place(
            key=str(account["path"]),
            broker=str(row["server"]),
            login=int(row["login"]),
            currency=str(account["paper"]["currency"]),
        )
    return found


def _swarm(scenery: Scenery) -> str:
    with opened(scenery.database_uri, scenery.config.database_name) as database:
        return swarm_of(database)


def _watch(
    scenery: Scenery, places: dict[str, Place], follows: dict[str, tuple[str, ...]], swarm: str
) -> Watch:
    leaders = [
        Leader(name=name, login=places[name].login, server=places[name].broker)
        for name in _names(scenery, Role.MASTER)
    ]
    followers = [
        Follower(
            name=name,
            magic_number=document_of(scenery, name).get("magic_number", DEFAULT_MAGIC),
            follows=masters,
        )
        for name, masters in follows.items()
    ]
    return Watch(leaders, followers, swarm)
