"""alpaca-py: its multi-symbol call, which walks all pages, for 100 symbols at a time.

The first line of stdin is the task; the last of stdout is the report.
"""

import json
import resource
import sys
import time
from datetime import datetime, timezone

from alpaca.data.historical import StockHistoricalDataClient
from alpaca.data.requests import StockBarsRequest
from alpaca.data.timeframe import TimeFrame

MINUTE = 60_000
task = json.loads(sys.stdin.readline())
clock = task["clock"]
client = StockHistoricalDataClient("py", "py-secret", url_override=task["url"])


def now():
    return clock["virtualZero"] + (time.time() * 1000 - clock["realZero"]) * clock["speed"]


def cpu_ms():
    return time.process_time() * 1000


def instant(ms):
    return datetime.fromtimestamp(ms / 1000, timezone.utc)


first = int(now() // MINUTE)
last = first + task["minutes"] - 1
over = (last + 2) * MINUTE
delivered = set()
marks = []
idle_cpu = cpu_ms()
busy = 0.0
due = first
while due <= last and now() < over:
    time.sleep(max(0, ((due + 1) * MINUTE + task["settleMs"] - now()) / clock["speed"] / 1000))
    began = time.time()
    end = min(last, int(now() // MINUTE) - 1)
    symbols = task["symbols"]
    for at in range(0, len(symbols), 100):
        if now() >= over:
            break
        try:
            answer = client.get_stock_bars(
                StockBarsRequest(
                    symbol_or_symbols=symbols[at : at + 100],
                    timeframe=TimeFrame.Minute,
                    start=instant((end - task["lookback"]) * MINUTE),
                    end=instant(end * MINUTE),
                    feed="iex",
                )
            )
        except Exception as error:
            print(error, file=sys.stderr)
            continue
        for symbol, bars in answer.data.items():
            for bar in bars:
                minute = int(bar.timestamp.timestamp()) // 60
                if first <= minute <= last:
                    delivered.add((minute, symbol))
    busy += time.time() - began
    marks.append(
        {
            "at": now(),
            "bars": len(delivered) if marks else sum(1 for minute, _ in delivered if minute == first),
            "cpuMs": cpu_ms() - idle_cpu,
            "wallMs": busy * 1000,
            "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    )
    due = end + 1
report = {"first": first, "startCpuMs": idle_cpu, "cycle": marks[0], "whole": marks[-1]}
print(json.dumps(report, separators=(",", ":")), flush=True)
