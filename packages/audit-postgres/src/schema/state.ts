import type { SchemaNames } from "./names.ts";
import type { SqlFunction } from "./sql-function.ts";
import { SQL_STATE } from "./sql-states.ts";

/** Approvals and rate limits. Their rows change and go: nothing here is evidence. */
export function stateTablesSql({ state }: SchemaNames): string {
  return `
CREATE TABLE ${state}.approval_request (
  id text PRIMARY KEY CHECK (octet_length(id) BETWEEN 1 AND 256),
  digest text NOT NULL CHECK (octet_length(digest) BETWEEN 1 AND 256),
  requested_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  consumed_at timestamptz
);

CREATE TABLE ${state}.approval_grant (
  request_id text NOT NULL REFERENCES ${state}.approval_request ON DELETE CASCADE,
  approver text NOT NULL CHECK (octet_length(approver) BETWEEN 1 AND 1024),
  digest text NOT NULL,
  expires_at bigint NOT NULL,
  signature bytea NOT NULL CHECK (octet_length(signature) <= 16384),
  granted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (request_id, approver)
);

CREATE TABLE ${state}.rate_bucket (
  id bytea PRIMARY KEY,
  -- Units of 1/per_ms token, so that all arithmetic is exact: a millisecond refills "limit" units.
  level bigint NOT NULL,
  -- Sliding window: the moments that count, oldest first.
  taken bigint[] NOT NULL,
  at bigint NOT NULL,
  -- When it equals a fresh one and may be forgotten.
  fresh_at bigint NOT NULL
);
CREATE INDEX rate_bucket_fresh ON ${state}.rate_bucket (fresh_at);

CREATE TABLE ${state}.rate_call (
  call_id text PRIMARY KEY,
  taken bytea[] NOT NULL,
  -- The last refusal: for which limits, by which, and how long to wait.
  refused bytea,
  refused_id bytea,
  retry_ms bigint,
  at bigint NOT NULL
);
CREATE INDEX rate_call_at ON ${state}.rate_call (at);
`;
}

/** How long a call is remembered, so that taking for it again takes nothing. */
const CALL_MEMORY_MS = 3_600_000;

export function stateDoors({ data, state, writer, approver }: SchemaNames): readonly SqlFunction[] {
  const door = { schema: data, language: "plpgsql", definer: true, grantedTo: [writer] } as const;
  return [
    {
      ...door,
      name: "request_approval",
      args: "p_id text, p_digest text, p_requested_at bigint, p_expires_at bigint",
      returns: "void",
      body: `
BEGIN
  INSERT INTO ${state}.approval_request (id, digest, requested_at, expires_at)
    VALUES (p_id, p_digest, p_requested_at, p_expires_at) ON CONFLICT (id) DO NOTHING;
  IF NOT EXISTS (SELECT FROM ${state}.approval_request WHERE id = p_id AND digest = p_digest
      AND requested_at = p_requested_at AND expires_at = p_expires_at) THEN
    RAISE EXCEPTION 'another request with this id is there' USING ERRCODE = '${SQL_STATE.invalidRecord}';
  END IF;
END`,
    },
    {
      ...door,
      grantedTo: [approver],
      name: "grant_approval",
      args: "p_request text, p_digest text, p_approver text, p_expires_at bigint, p_signature bytea",
      returns: "void",
      // A grant for another digest would approve another call.
      body: `
DECLARE asked ${state}.approval_request;
BEGIN
  SELECT * INTO asked FROM ${state}.approval_request WHERE id = p_request FOR UPDATE;
  IF asked.id IS NULL OR asked.digest IS DISTINCT FROM p_digest OR asked.consumed_at IS NOT NULL THEN
    RAISE EXCEPTION 'there is no such request that waits' USING ERRCODE = '${SQL_STATE.invalidRecord}';
  END IF;
  INSERT INTO ${state}.approval_grant (request_id, approver, digest, expires_at, signature)
    VALUES (p_request, p_approver, p_digest, p_expires_at, p_signature)
    ON CONFLICT (request_id, approver) DO NOTHING;
END`,
    },
    {
      ...door,
      name: "consume_approval",
      args: "p_request text, p_now bigint",
      returns: "TABLE (digest text, approver text, expires_at bigint, signature bytea)",
      // The row lock makes it once: of two that consume, the second sees what the first has marked.
      // Without a grant nothing is consumed; an expired request is, and yields nothing.
      body: `
#variable_conflict use_column
DECLARE asked ${state}.approval_request;
BEGIN
  SELECT * INTO asked FROM ${state}.approval_request AS r WHERE r.id = p_request FOR UPDATE;
  IF asked.id IS NULL OR asked.consumed_at IS NOT NULL
    OR NOT EXISTS (SELECT FROM ${state}.approval_grant AS g WHERE g.request_id = p_request) THEN
    RETURN;
  END IF;
  UPDATE ${state}.approval_request AS r SET consumed_at = now() WHERE r.id = p_request;
  IF asked.expires_at <= p_now THEN
    RETURN;
  END IF;
  RETURN QUERY SELECT g.digest, g.approver, g.expires_at, g.signature FROM ${state}.approval_grant AS g
    WHERE g.request_id = p_request AND g.expires_at > p_now ORDER BY g.approver;
END`,
    },
    {
      ...door,
      name: "take",
      args: "p_call text, p_names text[], p_limits bigint[], p_pers bigint[], p_sliding boolean[], p_now bigint",
      returns: "TABLE (granted boolean, refused_at integer, retry_ms bigint)",
      // INVARIANT (all or nothing): every bucket is locked and looked at before the first is taken
      // from. Locked in the order of their ids, so that two calls cannot wait for each other.
      // The parameters are hashed into the id here: a changed limit is another bucket, whoever asks.
      body: `
#variable_conflict use_column
DECLARE
  clock bigint := coalesce(p_now, (extract(epoch FROM clock_timestamp()) * 1000)::bigint);
  ids bytea[];
  wanted bytea[] := '{}';
  wanted_key bytea;
  known ${state}.rate_call;
  bucket ${state}.rate_bucket;
  filled bigint;
  wait bigint;
BEGIN
  SELECT array_agg(sha256(convert_to(concat_ws(' ', name, lim, per, sliding), 'UTF8')) ORDER BY i) INTO ids
    FROM unnest(p_names, p_limits, p_pers, p_sliding) WITH ORDINALITY AS u(name, lim, per, sliding, i);
  INSERT INTO ${state}.rate_call (call_id, taken, at) VALUES (p_call, '{}', clock) ON CONFLICT (call_id) DO NOTHING;
  SELECT * INTO known FROM ${state}.rate_call AS c WHERE c.call_id = p_call FOR UPDATE;
  FOR i IN 1 .. coalesce(cardinality(ids), 0) LOOP
    IF NOT ids[i] = ANY (known.taken || wanted) THEN
      wanted := wanted || ids[i];
    END IF;
  END LOOP;
  IF cardinality(wanted) = 0 THEN
    RETURN QUERY SELECT true, NULL::integer, NULL::bigint;
    RETURN;
  END IF;
  wanted_key := sha256(convert_to(array_to_string(wanted, ' '), 'UTF8'));
  IF known.refused = wanted_key THEN
    RETURN QUERY SELECT false, array_position(ids, known.refused_id), known.retry_ms;
    RETURN;
  END IF;
  -- Again if one was forgotten between the two statements.
  LOOP
    INSERT INTO ${state}.rate_bucket (id, level, taken, at, fresh_at)
      SELECT DISTINCT ON (id) id, lim * per, '{}'::bigint[], clock, clock
      FROM unnest(ids, p_limits, p_pers) AS u(id, lim, per) WHERE id = ANY (wanted) ORDER BY id
      ON CONFLICT (id) DO NOTHING;
    PERFORM FROM (SELECT FROM ${state}.rate_bucket AS b WHERE b.id = ANY (wanted) ORDER BY b.id FOR UPDATE) AS locked;
    EXIT WHEN (SELECT count(*) FROM ${state}.rate_bucket AS b WHERE b.id = ANY (wanted)) = cardinality(wanted);
  END LOOP;
  -- Never back: a clock that is set back must not refill anything twice.
  clock := greatest(clock, (SELECT max(b.at) FROM ${state}.rate_bucket AS b WHERE b.id = ANY (wanted)));
  FOR pass IN 1 .. 2 LOOP
    FOR i IN 1 .. cardinality(ids) LOOP
      CONTINUE WHEN NOT ids[i] = ANY (wanted) OR array_position(ids, ids[i]) < i;
      SELECT * INTO STRICT bucket FROM ${state}.rate_bucket AS b WHERE b.id = ids[i];
      IF p_sliding[i] THEN
        bucket.taken := ARRAY(SELECT t FROM unnest(bucket.taken) AS u(t) WHERE t + p_pers[i] > clock ORDER BY t);
      ELSE
        filled := least(p_limits[i]::numeric * p_pers[i], bucket.level + (clock - bucket.at)::numeric * p_limits[i]);
      END IF;
      IF pass = 1 THEN
        wait := CASE
          WHEN p_limits[i] = 0 THEN ${Number.MAX_SAFE_INTEGER}
          WHEN p_sliding[i] AND cardinality(bucket.taken) >= p_limits[i] THEN
            bucket.taken[cardinality(bucket.taken) - p_limits[i] + 1] + p_pers[i] - clock
          WHEN NOT p_sliding[i] AND filled < p_pers[i] THEN
            ceil((p_pers[i] - filled)::numeric / p_limits[i])
          ELSE 0 END;
        IF wait > 0 THEN
          UPDATE ${state}.rate_call AS c SET refused = wanted_key, refused_id = ids[i], retry_ms = wait, at = clock
            WHERE c.call_id = p_call;
          RETURN QUERY SELECT false, i, wait;
          RETURN;
        END IF;
      ELSIF p_sliding[i] THEN
        UPDATE ${state}.rate_bucket AS b SET taken = bucket.taken || clock, at = clock, fresh_at = clock + p_pers[i]
          WHERE b.id = ids[i];
      ELSE
        UPDATE ${state}.rate_bucket AS b SET level = filled - p_pers[i], at = clock,
            fresh_at = clock + ceil((p_limits[i]::numeric * p_pers[i] - filled + p_pers[i]) / p_limits[i])
          WHERE b.id = ids[i];
      END IF;
    END LOOP;
  END LOOP;
  UPDATE ${state}.rate_call AS c SET taken = known.taken || wanted, refused = NULL, refused_id = NULL,
      retry_ms = NULL, at = clock
    WHERE c.call_id = p_call;
  -- Forgetting grants nothing: only what equals a fresh bucket goes.
  IF random() < 0.02 THEN
    DELETE FROM ${state}.rate_bucket AS b WHERE b.id IN (
      SELECT f.id FROM ${state}.rate_bucket AS f WHERE f.fresh_at < clock - 1000 LIMIT 500 FOR UPDATE SKIP LOCKED);
    DELETE FROM ${state}.rate_call AS c WHERE c.call_id IN (
      SELECT f.call_id FROM ${state}.rate_call AS f WHERE f.at < clock - ${CALL_MEMORY_MS} LIMIT 500
      FOR UPDATE SKIP LOCKED);
  END IF;
  RETURN QUERY SELECT true, NULL::integer, NULL::bigint;
END`,
    },
  ];
}
