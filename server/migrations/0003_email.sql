-- Bytes up to 256 KB live here, larger ones in the blob store; `key` says where.
create table blobs (
  id uuid primary key,
  organization_id uuid not null references organizations on delete cascade,
  size integer not null,
  -- inline, or null when the bytes are in the blob store
  bytes bytea,
  created_at timestamptz not null default now()
);
alter table blobs alter column bytes set storage external;

create table domains (
  id uuid primary key,
  organization_id uuid not null references organizations on delete cascade,
  name text not null,
  verified_at timestamptz,
  created_at timestamptz not null default now()
);
-- Several may ask for a domain, one may prove it.
create unique index domains_verified_once on domains (name) where verified_at is not null;
create unique index domains_of_organization on domains (organization_id, name);

create table inboxes (
  id uuid primary key,
  organization_id uuid not null references organizations on delete cascade,
  name text not null,
  -- lower case; the local part of our own addresses is compared without case
  email text not null unique,
  created_at timestamptz not null default now()
);
create index inboxes_of_organization on inboxes (organization_id, id);

-- From here on a row carries its organization, and a message its thread, without a foreign key: a check per row is what accepting mail
-- would spend most on. The inbox keeps its key; deleting one takes its threads, messages, attachments and deliveries along.
create table threads (
  id uuid primary key,
  organization_id uuid not null,
  inbox_id uuid not null references inboxes on delete cascade,
  livemode boolean not null,
  subject text not null,
  message_count integer not null default 0,
  last_message_at timestamptz not null,
  created_at timestamptz not null default now()
);
create index threads_of_inbox on threads (inbox_id, livemode, id);

create table messages (
  id uuid primary key,
  organization_id uuid not null,
  inbox_id uuid not null references inboxes on delete cascade,
  thread_id uuid not null,
  livemode boolean not null,
  direction text not null check (direction in ('inbound', 'outbound')),
  status text not null,
  -- RFC 5322 Message-ID with its angle brackets
  message_id text not null,
  in_reply_to text,
  "references" text[] not null default '{}',
  from_email text not null,
  from_name text,
  reply_to text,
  to_emails text[] not null,
  cc_emails text[] not null default '{}',
  bcc_emails text[] not null default '{}',
  subject text not null,
  text_body text,
  html_body text,
  extracted_text text,
  headers jsonb not null default '{}',
  -- inbound only: the bytes as received, the verdicts on the sender, and why parsing failed if it did
  raw_blob_id uuid references blobs,
  authentication jsonb,
  automatic boolean not null default false,
  parse_problem text,
  size integer not null default 0,
  created_at timestamptz not null default now()
);
create index messages_of_inbox on messages (inbox_id, livemode, id);
create index messages_of_organization on messages (organization_id, livemode, id);
create index messages_of_thread on messages (thread_id, id);
create index messages_by_message_id on messages (inbox_id, message_id);

-- What search looks into: indexed by a worker right after the mail is stored, because a text index entry costs ten times the mail itself.
create table message_words (
  message_id uuid primary key references messages on delete cascade,
  organization_id uuid not null,
  livemode boolean not null,
  search tsvector not null
);
create index message_words_search on message_words using gin (search);

-- Mail that is still to be indexed. Every way in fills it, by trigger; no index, for it is nearly always empty.
create table unindexed_messages (message_id uuid not null);
create function note_unindexed() returns trigger language plpgsql as $$
begin
  insert into unindexed_messages select id from stored;
  return null;
end $$;
create trigger messages_are_indexed after insert on messages referencing new table as stored for each statement execute function note_unindexed();

create table attachments (
  id uuid primary key,
  organization_id uuid not null references organizations on delete cascade,
  message_id uuid not null references messages on delete cascade,
  position smallint not null,
  filename text not null,
  content_type text not null,
  content_id text,
  inline boolean not null default false,
  size integer not null,
  blob_id uuid not null references blobs
);
create index attachments_of_message on attachments (message_id, position);

-- Outbound: one row per recipient.
create table deliveries (
  id uuid primary key,
  organization_id uuid not null,
  message_id uuid not null,
  livemode boolean not null,
  recipient text not null,
  -- destination: the recipient's domain, or the relay
  lane text not null,
  state text not null check (state in ('held', 'queued', 'sending', 'deferred', 'delivered', 'bounced', 'rejected')),
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  -- while 'sending': when another worker may take it over
  leased_until timestamptz,
  first_attempt_at timestamptz,
  code smallint,
  reply text,
  remote_host text,
  category text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index deliveries_due on deliveries (next_attempt_at) where state in ('queued', 'deferred');
create index deliveries_leased on deliveries (leased_until) where state = 'sending';
create index deliveries_of_message on deliveries (message_id);

create table suppressions (
  id uuid primary key,
  organization_id uuid not null references organizations on delete cascade,
  email text not null,
  -- hard_bounce, complaint, unsubscribe, manual
  reason text not null,
  evidence text,
  created_at timestamptz not null default now(),
  unique (organization_id, email)
);

-- Mail that was answered with 250: the raw bytes are durable, what they mean is worked out by a job.
create table received_mail (
  id uuid primary key,
  mail_from text not null,
  recipients text[] not null,
  client_ip text not null,
  client_name text not null,
  tls boolean not null,
  size integer not null,
  bytes bytea,
  received_at timestamptz not null default now()
);
alter table received_mail alter column bytes set storage external;

-- A message as it is shown: with its attachments and, for outbound ones, what became of it at each recipient.
create view message_details as
select m.*,
  coalesce((
    select jsonb_agg(jsonb_build_object('id', a.id, 'filename', a.filename, 'content_type', a.content_type, 'content_id', a.content_id,
      'inline', a.inline, 'size', a.size, 'blob_id', a.blob_id) order by a.position)
    from attachments a where a.message_id = m.id), '[]') as attachments,
  coalesce((
    select jsonb_agg(jsonb_build_object('id', d.id, 'recipient', d.recipient, 'state', d.state, 'attempts', d.attempts, 'next_attempt_at', d.next_attempt_at,
      'code', d.code, 'reply', d.reply, 'remote_host', d.remote_host, 'category', d.category) order by d.id)
    from deliveries d where d.message_id = m.id), '[]') as deliveries
from messages m;
