-- Who may write to an inbox, and whom it may write to. A pattern is an address or a domain, lower case, domains as A-labels.
create table inbox_rules (
  id uuid primary key,
  organization_id uuid not null references organizations on delete cascade,
  inbox_id uuid not null references inboxes on delete cascade,
  direction text not null check (direction in ('receive', 'send')),
  kind text not null check (kind in ('allow', 'block')),
  pattern text not null,
  created_at timestamptz not null default now(),
  unique (inbox_id, direction, kind, pattern)
);
