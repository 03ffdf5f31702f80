"""Who trades by hand: the master's trader, and a slave's user beside the copies."""

from domain.mt5_words import OrderType, TimeInForce, TradeAction
from paper.broker.records import Position, TradeRequest
from paper.service.world import ServerRefusal
from tests.simulation.brokers import Brokers

ANY_DISTANCE = 1_000_000
THOUSAND_LAYERS = 10**12


class Person:
    """One person with one account, at a telephone: no terminal is in the way."""

    def __init__(self, brokers: Brokers, key: str) -> None:
        self._brokers = brokers
        terminal = brokers.world.terminal(key)
        self._login, self._server = terminal.login, terminal.broker
        self._account = brokers.account(self._login, self._server)
        self._house = brokers.world.houses[self._server]

    @property
    def symbols(self) -> list[str]:
        """What the broker sells."""
        return sorted(self._house.market.profiles)

    def positions(self) -> list[Position]:
        """What is open, oldest first."""
        return list(self._account.positions.values())

    def open(
        self,
        nth_symbol: int,
        lots: float,
        stops_points: float,
        magic: int = 0,
        *,
        buys: bool = True,
    ) -> None:
        """A market order; with stops so far away, or none."""
        symbol = self.symbols[nth_symbol % len(self.symbols)]
        quote = self._house.market.quotes[symbol]
        profile = self._house.market.profiles[symbol]
        price = quote.ask if buys else quote.bid
        away = stops_points * profile.point * (1 if buys else -1)
        sl, tp = (round(price - away, profile.digits), round(price + away, profile.digits))
        kind = OrderType.BUY if buys else OrderType.SELL
        stops = (sl, tp) if stops_points else (0.0, 0.0)
        self._send(self._deal(symbol, lots, kind, stops, magic=magic))

    def close(self, position: Position, share: float = 1.0) -> None:
        """All of it, or a share of it."""
        step = self._house.market.profiles[position.symbol].volume_step
        lots = position.volume if share >= 1 else round(position.volume * share / step) * step
        if not 0 < lots <= position.volume:
            return
        kind = OrderType.SELL if position.type == OrderType.BUY else OrderType.BUY
        self._send(self._deal(position.symbol, round(lots, 2), kind, ticket=position.ticket))

    def move_stops(self, position: Position, points: float) -> None:
        """Put both stops so far from the market, on their right sides."""
        quote = self._house.market.quotes[position.symbol]
        profile = self._house.market.profiles[position.symbol]
        away = points * profile.point * (1 if position.type == OrderType.BUY else -1)
        request = TradeRequest(
            action=TradeAction.SLTP,
            symbol=position.symbol,
            position=position.ticket,
            sl=round(quote.bid - away, profile.digits),
            tp=round(quote.ask + away, profile.digits),
        )
        self._send(request)

    def _deal(
        self,
        symbol: str,
        lots: float,
        kind: int,
        stops: tuple[float, float] = (0.0, 0.0),
        ticket: int = 0,
        magic: int = 0,
    ) -> TradeRequest:
        quote = self._house.market.quotes[symbol]
        profile = self._house.market.profiles[symbol]
        filling = 1 if profile.filling_mask & 2 else 0
        return TradeRequest(
            action=TradeAction.DEAL,
            symbol=symbol,
            volume=lots,
            type=int(kind),
            price=quote.ask if kind == OrderType.BUY else quote.bid,
            deviation=ANY_DISTANCE,
            sl=stops[0],
            tp=stops[1],
            position=ticket,
            magic=magic,
            type_filling=filling,
            type_time=int(TimeInForce.GTC),
        )

    def _send(self, request: TradeRequest) -> None:
        """What a broker refuses a person is nobody's business here."""
        try:
            self._brokers.trade(self._login, self._server, request)
        except ServerRefusal:
            return
