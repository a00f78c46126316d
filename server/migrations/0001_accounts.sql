-- A UUIDv7 (RFC 9562 §5.7) for rows that a statement makes; the server makes its own ids. PostgreSQL 18 has uuidv7(), 15 to 17 have not.
create function sortable_id() returns uuid language sql volatile as $$
  select (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '7' ||
          substr(r, 1, 3) || '8' || substr(r, 4, 15))::uuid
  from replace(gen_random_uuid()::text, '-', '') as r
$$;

create table organizations (
  id uuid primary key,
  name text not null,
  owner_email text not null,
  -- when the owner followed the claim link; until then the agent that registered speaks for the organization
  claimed_at timestamptz,
  created_at timestamptz not null default now()
);

create table api_keys (
  id uuid primary key,
  organization_id uuid not null references organizations on delete cascade,
  name text not null,
  -- SHA-256 of the key; the key itself is shown once and never stored
  hash bytea not null unique,
  -- what lists show, e.g. pp_live_…x7Qa
  hint text not null,
  livemode boolean not null,
  dialect text not null,
  scopes text[] not null,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null default now()
);
create index api_keys_of_organization on api_keys (organization_id, id);

-- One wallet per organization and mode: test credit is never worth anything, but its arithmetic is the same.
create table wallets (
  organization_id uuid not null references organizations on delete cascade,
  livemode boolean not null,
  balance_mills bigint not null check (balance_mills >= 0),
  primary key (organization_id, livemode)
);

-- Append-only; the sum of a wallet's entries is its balance.
create table wallet_entries (
  id uuid primary key,
  organization_id uuid not null,
  livemode boolean not null,
  amount_mills bigint not null check (amount_mills <> 0),
  balance_mills bigint not null check (balance_mills >= 0),
  kind text not null,
  -- what it was for: the public id of a message, order or payment
  reference text not null,
  created_at timestamptz not null default now()
);
create index wallet_entries_of_organization on wallet_entries (organization_id, livemode, id);

-- The stored answer of a POST with an Idempotency-Key: written in the transaction of the work itself.
create table idempotency_keys (
  organization_id uuid not null,
  key text not null,
  fingerprint bytea not null,
  status smallint not null,
  body text not null,
  created_at timestamptz not null default now(),
  primary key (organization_id, key)
);
create index idempotency_keys_by_age on idempotency_keys (created_at);
