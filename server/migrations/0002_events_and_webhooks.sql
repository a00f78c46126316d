create table events (
  id uuid primary key,
  organization_id uuid not null,
  livemode boolean not null,
  type text not null,
  data jsonb not null,
  created_at timestamptz not null default now()
);
create index events_of_organization on events (organization_id, livemode, id);

create table webhook_endpoints (
  id uuid primary key,
  organization_id uuid not null references organizations on delete cascade,
  name text not null,
  url text not null,
  -- our event types, or '*' for all
  events text[] not null,
  dialect text not null,
  -- sealed with the master key; the previous one still signs until previous_secret_until (rotation)
  secret text not null,
  previous_secret text,
  previous_secret_until timestamptz,
  enabled boolean not null default true,
  disabled_reason text,
  failing_since timestamptz,
  created_at timestamptz not null default now()
);
create index webhook_endpoints_of_organization on webhook_endpoints (organization_id, id);

create table webhook_deliveries (
  id uuid primary key,
  organization_id uuid not null references organizations on delete cascade,
  endpoint_id uuid not null references webhook_endpoints on delete cascade,
  event_id uuid not null references events on delete cascade,
  livemode boolean not null,
  state text not null default 'pending' check (state in ('pending', 'delivered', 'failed')),
  attempts integer not null default 0,
  next_attempt_at timestamptz,
  created_at timestamptz not null default now()
);
create index webhook_deliveries_of_endpoint on webhook_deliveries (endpoint_id, id);

create table webhook_attempts (
  id uuid primary key,
  organization_id uuid not null references organizations on delete cascade,
  endpoint_id uuid not null references webhook_endpoints on delete cascade,
  delivery_id uuid not null references webhook_deliveries on delete cascade,
  attempt integer not null,
  -- HTTP status, or null when there was no answer
  status integer,
  error text,
  response_excerpt text,
  duration_ms integer not null,
  created_at timestamptz not null default now()
);
create index webhook_attempts_of_endpoint on webhook_attempts (endpoint_id, id);
create index webhook_attempts_of_delivery on webhook_attempts (delivery_id);
