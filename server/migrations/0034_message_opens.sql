-- Mails whose tracking pixel was loaded.
create table message_opens (
  message_id uuid primary key references messages on delete cascade,
  organization_id uuid not null,
  opens integer not null,
  first_at timestamptz not null,
  last_at timestamptz not null
);
