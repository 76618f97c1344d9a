"""A bot on alpaca-py, as a user would write it. Prints what it gets, a JSON object a line.

argv: host:port, comma list of symbols.
"""

import json
import sys
import threading
from datetime import datetime, timezone

from alpaca.data.historical import StockHistoricalDataClient
from alpaca.data.live import StockDataStream
from alpaca.data.requests import StockBarsRequest, StockLatestBarRequest, StockSnapshotRequest
from alpaca.data.timeframe import TimeFrame

address, symbols = sys.argv[1], sys.argv[2].split(",")


def show(value):
    print(json.dumps(value), flush=True)


history = StockHistoricalDataClient("PKUSERSOWN", "users-own-secret", url_override=f"http://{address}")
bars = history.get_stock_bars(
    StockBarsRequest(
        symbol_or_symbols=symbols,
        timeframe=TimeFrame.Minute,
        start=datetime(2026, 1, 14, 14, 30, tzinfo=timezone.utc),
        end=datetime(2026, 1, 14, 14, 40, tzinfo=timezone.utc),
        feed="iex",
    )
)
show({"rest": [[s, b.timestamp.isoformat(), b.close] for s, own in bars.data.items() for b in own]})
latest = history.get_stock_latest_bar(StockLatestBarRequest(symbol_or_symbols=symbols[:3], feed="iex"))
show({"latest": list(latest)})
snapshot = history.get_stock_snapshot(StockSnapshotRequest(symbol_or_symbols=symbols[0], feed="iex"))[symbols[0]]
show({"snapshot": [snapshot.minute_bar.close, snapshot.daily_bar.open]})

stream = StockDataStream("PKUSERSOWN", "users-own-secret", url_override=f"ws://{address}/v2/iex")


def handler(kind):
    async def handle(bar):
        show(
            {
                "T": kind,
                "S": bar.symbol,
                "t": bar.timestamp.isoformat(),
                "o": bar.open,
                "h": bar.high,
                "l": bar.low,
                "c": bar.close,
                "v": bar.volume,
                "n": bar.trade_count,
                "vw": bar.vwap,
            }
        )

    return handle


stream.subscribe_bars(handler("b"), *symbols)
stream.subscribe_updated_bars(handler("u"), *symbols)
stream.subscribe_daily_bars(handler("d"), symbols[0])


def stop_when_told():
    sys.stdin.read()
    stream.stop()


threading.Thread(target=stop_when_told, daemon=True).start()
stream.run()
