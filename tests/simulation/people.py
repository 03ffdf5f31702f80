"""Who trades by hand: the master's trader, and a slave's user beside the copies."""

import msgspec

from domain.mt5_words import Filling, OrderType, TimeInForce, TradeAction
from paper.broker.reaching import AS_LIMIT, PENDING, WAITS_FOR_A_RISE
from paper.broker.records import Order, Position, TradeRequest
from paper.service.world import ServerRefusal
from tests.simulation.brokers import Brokers

ANY_DISTANCE = 1_000_000
THOUSAND_LAYERS = 10**12


class OrderTerms(msgspec.Struct, frozen=True, kw_only=True):
    """An order that is to wait: its kind, and how far from the market."""

    nth_symbol: int
    kind: int
    lots: float
    away_points: float
    stops_points: float = 0.0
    lives_s: int = 0
    magic: int = 0


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

    def orders(self) -> list[Order]:
        """What waits for its price, oldest first."""
        return [one for one in self._account.waiting.values() if one.type in PENDING]

    def let_wait(self, terms: OrderTerms) -> None:
        """An order of one of the six kinds, so far from the market; it may expire."""
        symbol, kind = self.symbols[terms.nth_symbol % len(self.symbols)], terms.kind
        profile = self._house.market.profiles[symbol]
        price, limit = self._prices(symbol, kind, terms.away_points)
        stops = terms.stops_points * profile.point * (-1 if kind & 1 else 1)
        opens_at = limit or price
        until_s = self._house.server_ms(self._brokers.tape.utc_ms()) // 1000 + terms.lives_s
        request = TradeRequest(
            action=TradeAction.PENDING,
            symbol=symbol,
            volume=terms.lots,
            type=kind,
            price=price,
            stoplimit=limit,
            sl=round(opens_at - stops, profile.digits) if stops else 0.0,
            tp=round(opens_at + stops, profile.digits) if stops else 0.0,
            magic=terms.magic,
            type_filling=int(Filling.RETURN),
            type_time=int(TimeInForce.SPECIFIED if terms.lives_s else TimeInForce.GTC),
            expiration=until_s if terms.lives_s else 0,
        )
        self._send(request)

    def move_order(self, order: Order, away_points: float) -> None:
        """Another price, so far from the market now; the rest stays."""
        price, limit = self._prices(order.symbol, order.type, away_points)
        request = TradeRequest(
            action=TradeAction.MODIFY,
            order=order.ticket,
            symbol=order.symbol,
            price=price,
            stoplimit=limit,
            type_time=order.type_time,
            expiration=order.time_expiration,
        )
        self._send(request)

    def withdraw(self, order: Order) -> None:
        """Delete it."""
        self._send(TradeRequest(action=TradeAction.REMOVE, order=order.ticket))

    def _prices(self, symbol: str, kind: int, away_points: float) -> tuple[float, float]:
        """On the kind's side of the market; of a stop-limit the limit half as far back."""
        quote = self._house.market.quotes[symbol]
        profile = self._house.market.profiles[symbol]
        up = 1 if kind in WAITS_FOR_A_RISE else -1
        market = quote.bid if kind & 1 else quote.ask
        price = round(market + up * away_points * profile.point, profile.digits)
        limit = price - up * away_points * profile.point / 2
        return price, round(limit, profile.digits) if kind in AS_LIMIT else 0.0

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
