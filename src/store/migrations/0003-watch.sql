-- Since when the daemon watches a symbol: from there on it owes every minute.
CREATE TABLE watch (
  symbol VARCHAR NOT NULL,
  since TIMESTAMPTZ NOT NULL
);
