-- The newest version of each bar. No primary key and no index: the one writer keeps (symbol, minute) unique,
-- and an index would cost three times the file and most of the speed.
CREATE TABLE bars (
  symbol VARCHAR NOT NULL,
  minute TIMESTAMPTZ NOT NULL,      -- start of the minute
  o DOUBLE NOT NULL,
  h DOUBLE NOT NULL,
  l DOUBLE NOT NULL,
  c DOUBLE NOT NULL,
  v DOUBLE NOT NULL,                -- shares; coins for crypto, where a fraction is possible
  n INTEGER NOT NULL,               -- trade count
  vw DOUBLE NOT NULL,               -- volume-weighted average price
  feed VARCHAR NOT NULL,
  received_at TIMESTAMPTZ NOT NULL, -- when the answer that held it was read
  version INTEGER NOT NULL          -- counts from 1 for each (symbol, minute)
);

-- Versions that were replaced, and versions that came late from a lesser feed. Only ever appended to.
CREATE TABLE bar_history AS FROM bars LIMIT 0;

-- A bar of the consolidated tape stands above one of a single venue.
CREATE MACRO feed_rank(feed) AS CASE feed WHEN 'sip' THEN 2 ELSE 1 END;

CREATE VIEW bar_versions AS
  SELECT *, true AS newest FROM bars
  UNION ALL
  SELECT *, false AS newest FROM bar_history;

-- What was known at an instant: SELECT * FROM bars_as_of('2026-01-14 15:50:03-05').
CREATE MACRO bars_as_of(instant) AS TABLE
  SELECT * EXCLUDE (newest) FROM bar_versions
  WHERE received_at <= instant::TIMESTAMPTZ
  QUALIFY row_number() OVER (PARTITION BY symbol, minute ORDER BY feed_rank(feed) DESC, version DESC) = 1;
