"""The product's own judge of damage, on the same run: read through a door that nothing disturbs."""

from collections.abc import Iterable

from db.journal_rows import SHIP_VERDICT, decode
from decisions.damage import damage
from decisions.damage_found import DamageKind, Finding, Terms
from decisions.truth import AccountTruth, CopyPolicy, Filed, MasterTruth, SlaveTruth
from domain.ids import NodeName
from domain.market import SymbolSpec, Unknowable
from domain.policies import Role
from domain.verdicts import Verdict
from terminal.mt5 import Mt5Terminal
from tests.simulation.hosts import SWARM, Host
from tests.simulation.stage import Stage
from tests.simulation.terminals import Interruptions, client_of

EVER_S = 2**31 - 1
SPARE_COPIES = 8
#: Lateness is the witness's business, who knows how far clocks have jumped; and so are orphans: a
#: slave's user here has programs whose magic numbers look like ours.
TIMELESS = (
    DamageKind.CLOSE_LOST,
    DamageKind.OPEN_DOUBLED,
    DamageKind.REOPENED,
    DamageKind.FOREIGN_TOUCHED,
)


def judged(stage: Stage) -> list[Finding]:
    """What the brokers' own histories show to have been done wrong, whenever it was."""
    masters = [
        _truth(stage, h, MasterTruth) for h in stage.hosts.values() if h.place.role is Role.MASTER
    ]
    slaves = [_slave(stage, h) for h in stage.hosts.values() if h.place.role is Role.SLAVE]
    found = damage(masters, slaves, Terms(swarms=(SWARM,)))
    return [
        one
        for one in found.findings
        if one.kind in TIMELESS
        and one.position not in stage.witness.slaves[one.slave].forgotten.doubled
    ]


def _truth(stage: Stage, host: Host, kind: type[AccountTruth], **more: object) -> AccountTruth:
    door = _door(stage, host)
    deals, positions = door.deals_between(0, EVER_S), door.positions()
    assert not isinstance(deals, Unknowable), deals
    assert not isinstance(positions, Unknowable), positions
    identity = host.place.identity
    return kind(
        name=NodeName(host.name),
        login=identity.login,
        server=identity.server,
        deals=deals,
        positions=positions,
        **more,
    )


def _slave(stage: Stage, host: Host) -> SlaveTruth:
    document = stage.first_documents[host.name]
    policy = CopyPolicy(
        symbol_map=dict(document.get("symbol_map", {})),
        suffix=str(document.get("suffix", "")),
        magic_number=234_000,
        specs=_specs(stage, host),
    )
    return _truth(stage, host, SlaveTruth, policy=policy, filed=tuple(_filed(host)))


def _specs(stage: Stage, host: Host) -> dict[str, SymbolSpec]:
    door = _door(stage, host)
    names = stage.brokers.world.houses[host.place.identity.server].market.profiles
    specs = ((name, door.spec(name)) for name in names)
    return {name: spec for name, spec in specs if isinstance(spec, SymbolSpec)}


def _door(stage: Stage, host: Host) -> Mt5Terminal:
    number, key = SPARE_COPIES + host.place.number, host.place.terminal
    module = client_of(number, stage.brokers, key, Interruptions())
    door = Mt5Terminal(module, path=host.place.terminal, expected=host.place.identity)
    door.connect()
    return door


def _filed(host: Host) -> Iterable[Filed]:
    assert host.journal is not None
    rows = host.journal._file.execute(
        "SELECT body FROM outbox WHERE kind = ? ORDER BY id", (SHIP_VERDICT,)
    )
    for (body,) in rows:
        verdict = decode(Verdict, body)
        yield Filed(
            order=verdict.leg.opening_order,
            event=verdict.event,
            stamp=verdict.stamp,
            kind=verdict.kind,
            reason=verdict.reason,
            master=verdict.master,
        )
