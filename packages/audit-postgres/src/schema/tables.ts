import type { SchemaNames } from "./names.ts";

/** Tables of the trail; run as the owner. */
export function tablesSql({ data }: SchemaNames): string {
  return `
CREATE TABLE ${data}.setting (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  -- How long a record is kept at least. The guard lets it grow and never shrink.
  keep interval NOT NULL CHECK (keep > interval '0'),
  -- Whether append() reads hash_chain in each record and compares it with the chain it keeps itself.
  check_records boolean NOT NULL
);

-- One row a log: where it ends, and who may append.
CREATE TABLE ${data}.log (
  id text COLLATE "C" PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now(),
  size bigint NOT NULL DEFAULT 0 CHECK (size >= 0),
  -- Leaf hash of the last record.
  head bytea CHECK ((head IS NULL) = (size = 0)),
  epoch bigint NOT NULL DEFAULT -1,
  holder_pid integer,
  holder_token uuid
);

-- bytea, not jsonb: the bytes that are stored are the bytes that are hashed.
CREATE TABLE ${data}.record (
  log text COLLATE "C" NOT NULL,
  seq bigint NOT NULL CHECK (seq >= 0),
  recorded_at timestamptz NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (log, seq, recorded_at)
) PARTITION BY RANGE (recorded_at);

CREATE TABLE ${data}.checkpoint (
  log text COLLATE "C" NOT NULL,
  size bigint NOT NULL CHECK (size > 0),
  put_at timestamptz NOT NULL DEFAULT now(),
  note bytea NOT NULL,
  PRIMARY KEY (log, size)
);

-- Partitions of record.
CREATE TABLE ${data}.month (
  partition text COLLATE "C" PRIMARY KEY,
  from_at timestamptz NOT NULL UNIQUE,
  until_at timestamptz NOT NULL CHECK (until_at > from_at),
  retired_at timestamptz
);

-- Where the records of a retired month ended, log by log.
CREATE TABLE ${data}.retired (
  partition text COLLATE "C" NOT NULL REFERENCES ${data}.month,
  log text COLLATE "C" NOT NULL,
  first_seq bigint NOT NULL,
  last_seq bigint NOT NULL,
  last_leaf bytea NOT NULL,
  retired_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (partition, log)
);

CREATE TABLE ${data}.migration (
  version integer PRIMARY KEY,
  sha256 bytea NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  applied_by name NOT NULL DEFAULT session_user
);
`;
}
