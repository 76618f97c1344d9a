-- Which minutes were asked: a row says that the symbols of the group were asked for [from_minute, to_minute).
-- Rows are appended minute by minute and merged from time to time.
CREATE TABLE symbol_groups (
  id INTEGER NOT NULL,
  symbols VARCHAR[] NOT NULL
);

CREATE TABLE coverage_log (
  feed VARCHAR NOT NULL,
  from_minute TIMESTAMPTZ NOT NULL,
  to_minute TIMESTAMPTZ NOT NULL,
  group_id INTEGER NOT NULL
);

CREATE VIEW coverage AS
  SELECT unnest(g.symbols) AS symbol, c.feed, c.from_minute, c.to_minute
  FROM coverage_log c JOIN symbol_groups g ON g.id = c.group_id;

-- Minutes for which no symbol is pending or missing.
CREATE TABLE seals (
  minute TIMESTAMPTZ NOT NULL,
  sealed_at TIMESTAMPTZ NOT NULL,
  bars INTEGER NOT NULL,
  quiet INTEGER NOT NULL
);

-- Symbols that the service refuses at present.
CREATE TABLE quarantine (
  symbol VARCHAR NOT NULL,
  reason VARCHAR NOT NULL,
  since TIMESTAMPTZ NOT NULL,
  next_look TIMESTAMPTZ NOT NULL
);

-- Trading days as the service's calendar said.
CREATE TABLE calendar (
  date DATE NOT NULL,
  session_open TIMESTAMPTZ NOT NULL,
  open TIMESTAMPTZ NOT NULL,
  close TIMESTAMPTZ NOT NULL,
  session_close TIMESTAMPTZ NOT NULL
);

-- Symbols that came, went or were renamed.
CREATE TABLE universe_log (
  noticed_at TIMESTAMPTZ NOT NULL,
  symbol VARCHAR NOT NULL,
  change VARCHAR NOT NULL,
  detail VARCHAR NOT NULL
);
