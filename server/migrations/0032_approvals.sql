alter table inboxes
  add column hold boolean not null default false,
  add column daily_cap integer check (daily_cap >= 0);
-- What such a key sends waits for approval, and it can approve nothing.
alter table api_keys add column hold boolean not null default false;

-- A mail that waits, or waited, for a human. The hash is of its exact content: only that is ever approved.
create table approvals (
  message_id uuid primary key references messages on delete cascade,
  organization_id uuid not null,
  livemode boolean not null,
  state text not null default 'pending' check (state in ('pending', 'approved', 'rejected', 'expired')),
  content_hash bytea not null,
  -- charged at acceptance, given back unless it is approved
  cost_mills integer not null,
  expires_at timestamptz not null,
  decided_at timestamptz,
  decided_by text
);
create index approvals_of_organization on approvals (organization_id, livemode, message_id);
create index approvals_due on approvals (expires_at) where state = 'pending';

-- How many mails an inbox with a daily cap had accepted, per UTC day.
create table inbox_days (
  inbox_id uuid not null references inboxes on delete cascade,
  livemode boolean not null,
  day date not null,
  accepted integer not null,
  primary key (inbox_id, livemode, day)
);
