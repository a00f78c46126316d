-- Links mailed to owners. A link's secret is derived from its id and the master key, and kept nowhere; this is its SHA-256.
create table owner_links (
  id uuid primary key,
  organization_id uuid not null references organizations on delete cascade,
  purpose text not null check (purpose in ('claim', 'approve')),
  -- the message to approve
  subject_id uuid,
  token_hash bytea not null unique,
  expires_at timestamptz not null,
  used_at timestamptz,
  created_at timestamptz not null default now()
);
create index owner_links_of_organization on owner_links (organization_id, id);

-- When the owner was last told of something that is told at most once in a while.
create table owner_notices (
  organization_id uuid not null references organizations on delete cascade,
  kind text not null,
  sent_at timestamptz not null,
  primary key (organization_id, kind)
);
