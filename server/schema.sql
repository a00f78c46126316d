-- The schema after all migrations, written by `npm run schema` and checked by a test. To change it, write a migration.

CREATE OR REPLACE FUNCTION event_data(data jsonb, about uuid)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
AS $function$
  select case when about is null then data else
    data || coalesce(
      (select jsonb_build_object('text', left(text_body, 100000), 'html', left(html_body, 100000), 'extracted_text', left(extracted_text, 100000))
       from messages where id = about),
      '{"text": null, "html": null, "extracted_text": null}')
  end
$function$;

CREATE OR REPLACE FUNCTION next_moment(before timestamp with time zone, organization uuid, live boolean)
 RETURNS timestamp with time zone
 LANGUAGE sql
AS $function$
  select greatest(before + interval '1 millisecond', clock_timestamp() + case when live then interval '0' else coalesce(
    (select sandbox_ahead_ms(c, clock_timestamp()) * interval '1 millisecond' from test_clocks c where c.organization_id = organization), interval '0') end)
$function$;

CREATE OR REPLACE FUNCTION note_unindexed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into unindexed_messages select id from stored;
  return null;
end $function$;

CREATE OR REPLACE FUNCTION sandbox_ahead_ms(clock test_clocks, moment timestamp with time zone)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE STRICT
AS $function$
  select least(
    clock.offset_ms + greatest(0, floor(extract(epoch from moment - clock.since) * 1000)::bigint) * (clock.speed - 1),
    greatest(clock.offset_ms, 1100 * 86400000::bigint))
$function$;

CREATE OR REPLACE FUNCTION sortable_id()
 RETURNS uuid
 LANGUAGE sql
AS $function$
  select (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '7' ||
          substr(r, 1, 3) || '8' || substr(r, 4, 15))::uuid
  from replace(gen_random_uuid()::text, '-', '') as r
$function$;

-- api_keys
create table api_keys (
  id uuid not null,
  organization_id uuid not null,
  name text not null,
  hash bytea not null,
  hint text not null,
  livemode boolean not null,
  dialect text not null,
  scopes text[] not null,
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  hold boolean not null default false
);
alter table api_keys add constraint api_keys_hash_key UNIQUE (hash);
alter table api_keys add constraint api_keys_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table api_keys add constraint api_keys_pkey PRIMARY KEY (id);
CREATE INDEX api_keys_of_organization ON api_keys USING btree (organization_id, id);

-- approvals
create table approvals (
  subject_id uuid not null,
  organization_id uuid not null,
  livemode boolean not null,
  state text not null default 'pending'::text,
  content_hash bytea not null,
  cost_mills bigint not null,
  expires_at timestamp with time zone not null,
  decided_at timestamp with time zone,
  decided_by text,
  kind text not null
);
alter table approvals add constraint approvals_pkey PRIMARY KEY (subject_id);
alter table approvals add constraint approvals_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'approved'::text, 'rejected'::text, 'expired'::text, 'withdrawn'::text])));
CREATE INDEX approvals_due ON approvals USING btree (expires_at) WHERE (state = 'pending'::text);
CREATE INDEX approvals_of_organization ON approvals USING btree (organization_id, livemode, subject_id);

-- attachments
create table attachments (
  id uuid not null,
  organization_id uuid not null,
  message_id uuid not null,
  position smallint not null,
  filename text not null,
  content_type text not null,
  content_id text,
  inline boolean not null default false,
  size integer not null,
  blob_id uuid not null
);
alter table attachments add constraint attachments_blob_id_fkey FOREIGN KEY (blob_id) REFERENCES blobs(id);
alter table attachments add constraint attachments_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages(id) ON DELETE CASCADE;
alter table attachments add constraint attachments_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table attachments add constraint attachments_pkey PRIMARY KEY (id);
CREATE INDEX attachments_of_message ON attachments USING btree (message_id, "position");

-- awaited_messages
create table awaited_messages (
  organization_id uuid not null,
  inbox_id uuid not null,
  message_id text not null,
  thread_id uuid not null,
  founding boolean not null,
  created_at timestamp with time zone not null default now()
);
alter table awaited_messages add constraint awaited_messages_inbox_id_fkey FOREIGN KEY (inbox_id) REFERENCES inboxes(id) ON DELETE CASCADE;
alter table awaited_messages add constraint awaited_messages_pkey PRIMARY KEY (inbox_id, message_id);
CREATE INDEX awaited_messages_by_age ON awaited_messages USING btree (created_at);
CREATE INDEX awaited_messages_of_thread ON awaited_messages USING btree (thread_id);

-- blobs
create table blobs (
  id uuid not null,
  organization_id uuid not null,
  size integer not null,
  bytes bytea,
  created_at timestamp with time zone not null default now()
);
alter table blobs add constraint blobs_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table blobs add constraint blobs_pkey PRIMARY KEY (id);

-- clock_runs
create table clock_runs (
  task text not null,
  ran_at timestamp with time zone not null
);
alter table clock_runs add constraint clock_runs_pkey PRIMARY KEY (task);

-- deliveries
create table deliveries (
  id uuid not null,
  organization_id uuid not null,
  message_id uuid not null,
  livemode boolean not null,
  recipient text not null,
  lane text not null,
  state text not null,
  attempts integer not null default 0,
  next_attempt_at timestamp with time zone not null default now(),
  leased_until timestamp with time zone,
  first_attempt_at timestamp with time zone,
  code smallint,
  reply text,
  remote_host text,
  category text,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  due boolean not null default true,
  held_by integer
) with (autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_threshold=5000);
alter table deliveries add constraint deliveries_pkey PRIMARY KEY (id);
alter table deliveries add constraint deliveries_state_check CHECK ((state = ANY (ARRAY['held'::text, 'queued'::text, 'sending'::text, 'deferred'::text, 'delivered'::text, 'bounced'::text, 'rejected'::text])));
CREATE INDEX deliveries_for_later ON deliveries USING btree (next_attempt_at) WHERE ((NOT due) AND (state = ANY (ARRAY['queued'::text, 'deferred'::text])));
CREATE INDEX deliveries_in_line ON deliveries USING btree (organization_id, lane, next_attempt_at) WHERE (due AND (state = ANY (ARRAY['queued'::text, 'deferred'::text])));
CREATE INDEX deliveries_leased ON deliveries USING btree (leased_until) WHERE (state = 'sending'::text);
CREATE INDEX deliveries_of_message ON deliveries USING btree (message_id);

-- domain_keys
create table domain_keys (
  domain_id uuid not null,
  algorithm text not null,
  selector text not null,
  public_key text not null,
  private_key text not null,
  created_at timestamp with time zone not null default now()
);
alter table domain_keys add constraint domain_keys_algorithm_check CHECK ((algorithm = ANY (ARRAY['rsa'::text, 'ed25519'::text])));
alter table domain_keys add constraint domain_keys_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES domains(id) ON DELETE CASCADE;
alter table domain_keys add constraint domain_keys_pkey PRIMARY KEY (domain_id, algorithm);

-- domains
create table domains (
  id uuid not null,
  organization_id uuid,
  name text not null,
  verified_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  failing_since timestamp with time zone,
  checked_at timestamp with time zone,
  next_check_at timestamp with time zone default now(),
  findings jsonb not null default '{}'::jsonb,
  signs_ed25519 boolean not null default false,
  return_path boolean not null default false,
  test_key_id uuid
);
alter table domains add constraint domains_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table domains add constraint domains_pkey PRIMARY KEY (id);
CREATE INDEX domains_due ON domains USING btree (next_check_at) WHERE (next_check_at IS NOT NULL);
CREATE UNIQUE INDEX domains_of_nobody ON domains USING btree (name) WHERE (organization_id IS NULL);
CREATE UNIQUE INDEX domains_of_organization ON domains USING btree (organization_id, name);
CREATE UNIQUE INDEX domains_verified_once ON domains USING btree (name) WHERE (verified_at IS NOT NULL);

-- drops
create table drops (
  id uuid not null,
  organization_id uuid not null,
  order_id uuid,
  livemode boolean not null,
  mail_date date not null,
  lock_at timestamp with time zone not null,
  status text not null default 'scheduled'::text,
  carrier text,
  carrier_reference text,
  piece_count integer not null default 0,
  locked_at timestamp with time zone,
  production_started_at timestamp with time zone,
  mailed_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  leased_until timestamp with time zone,
  held_by integer
);
alter table drops add constraint drops_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id) ON DELETE CASCADE;
alter table drops add constraint drops_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table drops add constraint drops_pkey PRIMARY KEY (id);
alter table drops add constraint drops_status_check CHECK ((status = ANY (ARRAY['scheduled'::text, 'locked'::text, 'production_started'::text, 'mailed'::text, 'cancelled'::text])));
CREATE INDEX drops_due ON drops USING btree (lock_at) WHERE (status = 'scheduled'::text);
CREATE INDEX drops_held ON drops USING btree (held_by) WHERE (held_by IS NOT NULL);
CREATE INDEX drops_of_order ON drops USING btree (order_id, mail_date) WHERE (order_id IS NOT NULL);
CREATE INDEX drops_open ON drops USING btree (status) WHERE (status = ANY (ARRAY['locked'::text, 'production_started'::text]));
CREATE UNIQUE INDEX drops_of_day ON drops USING btree (organization_id, livemode, mail_date) WHERE ((order_id IS NULL) AND (status = 'scheduled'::text));

-- events
create table events (
  id uuid not null,
  organization_id uuid not null,
  livemode boolean not null,
  type text not null,
  data jsonb not null,
  created_at timestamp with time zone not null default now(),
  message_id uuid,
  sequence bigint
);
alter table events add constraint events_pkey PRIMARY KEY (id);
CREATE INDEX events_of_organization ON events USING btree (organization_id, livemode, id);

-- idempotency_keys
create table idempotency_keys (
  organization_id uuid not null,
  key text not null,
  fingerprint bytea not null,
  status smallint not null,
  body text not null,
  created_at timestamp with time zone not null default now(),
  livemode boolean not null,
  sealed boolean not null default false
);
alter table idempotency_keys add constraint idempotency_keys_pkey PRIMARY KEY (organization_id, livemode, key);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys USING btree (created_at);

-- inbox_days
create table inbox_days (
  inbox_id uuid not null,
  livemode boolean not null,
  day date not null,
  accepted integer not null
);
alter table inbox_days add constraint inbox_days_inbox_id_fkey FOREIGN KEY (inbox_id) REFERENCES inboxes(id) ON DELETE CASCADE;
alter table inbox_days add constraint inbox_days_pkey PRIMARY KEY (inbox_id, livemode, day);

-- inbox_rules
create table inbox_rules (
  id uuid not null,
  organization_id uuid not null,
  inbox_id uuid not null,
  direction text not null,
  kind text not null,
  pattern text not null,
  created_at timestamp with time zone not null default now(),
  test_key_id uuid
);
alter table inbox_rules add constraint inbox_rules_direction_check CHECK ((direction = ANY (ARRAY['receive'::text, 'send'::text])));
alter table inbox_rules add constraint inbox_rules_inbox_id_direction_kind_pattern_key UNIQUE (inbox_id, direction, kind, pattern);
alter table inbox_rules add constraint inbox_rules_inbox_id_fkey FOREIGN KEY (inbox_id) REFERENCES inboxes(id) ON DELETE CASCADE;
alter table inbox_rules add constraint inbox_rules_kind_check CHECK ((kind = ANY (ARRAY['allow'::text, 'block'::text])));
alter table inbox_rules add constraint inbox_rules_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table inbox_rules add constraint inbox_rules_pkey PRIMARY KEY (id);

-- inboxes
create table inboxes (
  id uuid not null,
  organization_id uuid not null,
  name text not null,
  email text not null,
  created_at timestamp with time zone not null default now(),
  domain_id uuid,
  hold boolean not null default false,
  daily_cap integer,
  test_key_id uuid,
  reply_cap integer default 30
);
alter table inboxes add constraint inboxes_daily_cap_check CHECK ((daily_cap >= 0));
alter table inboxes add constraint inboxes_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES domains(id);
alter table inboxes add constraint inboxes_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table inboxes add constraint inboxes_pkey PRIMARY KEY (id);
CREATE INDEX inboxes_by_email ON inboxes USING btree (email);
CREATE INDEX inboxes_of_organization ON inboxes USING btree (organization_id, id);
CREATE UNIQUE INDEX inboxes_email_at_domain ON inboxes USING btree (domain_id, email) WHERE (domain_id IS NOT NULL);
CREATE UNIQUE INDEX inboxes_email_key ON inboxes USING btree (email) WHERE (domain_id IS NULL);

-- instances
create table instances (
  id integer not null,
  name text not null,
  host text not null,
  roles text[] not null,
  job_pools text[] not null default '{}'::text[],
  started_at timestamp with time zone not null default now()
);
alter table instances add constraint instances_name_key UNIQUE (name);
alter table instances add constraint instances_pkey PRIMARY KEY (id);

-- message_opens
create table message_opens (
  message_id uuid not null,
  organization_id uuid not null,
  opens integer not null,
  first_at timestamp with time zone not null,
  last_at timestamp with time zone not null
);
alter table message_opens add constraint message_opens_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages(id) ON DELETE CASCADE;
alter table message_opens add constraint message_opens_pkey PRIMARY KEY (message_id);

-- message_words
create table message_words (
  message_id uuid not null,
  organization_id uuid not null,
  livemode boolean not null,
  search tsvector not null
);
alter table message_words add constraint message_words_message_id_fkey FOREIGN KEY (message_id) REFERENCES messages(id) ON DELETE CASCADE;
alter table message_words add constraint message_words_pkey PRIMARY KEY (message_id);
CREATE INDEX message_words_search ON message_words USING gin (search);

-- messages
create table messages (
  id uuid not null,
  organization_id uuid not null,
  inbox_id uuid not null,
  thread_id uuid not null,
  livemode boolean not null,
  direction text not null,
  status text not null,
  message_id text not null,
  in_reply_to text,
  references text[] not null default '{}'::text[],
  from_email text not null,
  from_name text,
  reply_to_emails text[] not null default '{}'::text[],
  to_emails text[] not null,
  cc_emails text[] not null default '{}'::text[],
  bcc_emails text[] not null default '{}'::text[],
  subject text not null,
  text_body text,
  html_body text,
  extracted_text text,
  headers jsonb not null default '{}'::jsonb,
  raw_blob_id uuid,
  authentication jsonb,
  automatic boolean not null default false,
  parse_problem text,
  size integer not null default 0,
  created_at timestamp with time zone not null default now()
);
alter table messages add constraint messages_direction_check CHECK ((direction = ANY (ARRAY['inbound'::text, 'outbound'::text])));
alter table messages add constraint messages_inbox_id_fkey FOREIGN KEY (inbox_id) REFERENCES inboxes(id) ON DELETE CASCADE;
alter table messages add constraint messages_pkey PRIMARY KEY (id);
alter table messages add constraint messages_raw_blob_id_fkey FOREIGN KEY (raw_blob_id) REFERENCES blobs(id);
CREATE INDEX messages_by_message_id ON messages USING btree (inbox_id, message_id);
CREATE INDEX messages_of_inbox ON messages USING btree (inbox_id, livemode, id);
CREATE INDEX messages_of_organization ON messages USING btree (organization_id, livemode, id);
CREATE INDEX messages_of_thread ON messages USING btree (thread_id, id);
CREATE TRIGGER messages_are_indexed AFTER INSERT ON messages REFERENCING NEW TABLE AS stored FOR EACH STATEMENT EXECUTE FUNCTION note_unindexed();

-- migrations
create table migrations (
  name text not null,
  sha256 text not null,
  ran_at timestamp with time zone not null default now()
);
alter table migrations add constraint migrations_pkey PRIMARY KEY (name);

-- orders
create table orders (
  id uuid not null,
  organization_id uuid not null,
  livemode boolean not null,
  status text not null default 'draft'::text,
  campaign_type text not null,
  size text not null,
  design text,
  quantity integer not null,
  message text,
  sender_name text,
  return_address jsonb,
  qr_url text,
  creative jsonb,
  metadata jsonb not null default '{}'::jsonb,
  quote jsonb,
  payment jsonb,
  paid_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  drop_plan jsonb not null default '[]'::jsonb,
  recipient_count integer not null default 0,
  cancelled_at timestamp with time zone
);
alter table orders add constraint orders_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table orders add constraint orders_pkey PRIMARY KEY (id);
alter table orders add constraint orders_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'quoted'::text, 'held'::text, 'paid'::text, 'in_production'::text, 'mailed'::text, 'completed'::text, 'cancelled'::text]))) NOT VALID;
CREATE INDEX orders_by_metadata ON orders USING gin (metadata jsonb_path_ops) WHERE (metadata <> '{}'::jsonb);
CREATE INDEX orders_by_status ON orders USING btree (organization_id, livemode, status, id);
CREATE INDEX orders_of_organization ON orders USING btree (organization_id, livemode, id);

-- organizations
create table organizations (
  id uuid not null,
  name text not null,
  owner_email text not null,
  claimed_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  operator boolean not null default false
);
alter table organizations add constraint organizations_pkey PRIMARY KEY (id);
CREATE UNIQUE INDEX organizations_operator ON organizations USING btree (operator) WHERE operator;

-- owner_links
create table owner_links (
  id uuid not null,
  organization_id uuid not null,
  purpose text not null,
  subject_id uuid,
  token_hash bytea not null,
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  created_at timestamp with time zone not null default now()
);
alter table owner_links add constraint owner_links_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table owner_links add constraint owner_links_pkey PRIMARY KEY (id);
alter table owner_links add constraint owner_links_purpose_check CHECK ((purpose = ANY (ARRAY['claim'::text, 'approve'::text])));
alter table owner_links add constraint owner_links_token_hash_key UNIQUE (token_hash);
CREATE INDEX owner_links_of_organization ON owner_links USING btree (organization_id, id);

-- owner_notices
create table owner_notices (
  organization_id uuid not null,
  kind text not null,
  sent_at timestamp with time zone not null
);
alter table owner_notices add constraint owner_notices_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table owner_notices add constraint owner_notices_pkey PRIMARY KEY (organization_id, kind);

-- payments
create table payments (
  id uuid not null,
  organization_id uuid not null,
  amount_mills bigint not null,
  session_id text not null,
  payment_intent text,
  status text not null default 'pending'::text,
  refunded_mills bigint not null default 0,
  settled_mills bigint not null default 0,
  taken_mills bigint not null default 0,
  created_at timestamp with time zone not null default now(),
  paid_at timestamp with time zone
);
alter table payments add constraint payments_amount_mills_check CHECK ((amount_mills > 0));
alter table payments add constraint payments_check CHECK (((refunded_mills >= 0) AND (refunded_mills <= amount_mills)));
alter table payments add constraint payments_check1 CHECK ((settled_mills <= refunded_mills));
alter table payments add constraint payments_check2 CHECK ((taken_mills <= settled_mills));
alter table payments add constraint payments_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table payments add constraint payments_payment_intent_key UNIQUE (payment_intent);
alter table payments add constraint payments_pkey PRIMARY KEY (id);
alter table payments add constraint payments_session_id_key UNIQUE (session_id);
alter table payments add constraint payments_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'paid'::text])));
CREATE INDEX payments_of_organization ON payments USING btree (organization_id, id);

-- piece_scans
create table piece_scans (
  id uuid not null,
  organization_id uuid not null,
  piece_id uuid not null,
  dedupe bytea not null,
  source text not null,
  status text,
  applied boolean not null,
  scanned_at timestamp with time zone not null,
  code text,
  phase text,
  place jsonb,
  raw jsonb not null,
  created_at timestamp with time zone not null default now()
);
alter table piece_scans add constraint piece_scans_dedupe_key UNIQUE (dedupe);
alter table piece_scans add constraint piece_scans_piece_id_fkey FOREIGN KEY (piece_id) REFERENCES pieces(id) ON DELETE CASCADE;
alter table piece_scans add constraint piece_scans_pkey PRIMARY KEY (id);
CREATE INDEX piece_scans_of_piece ON piece_scans USING btree (piece_id, scanned_at);

-- pieces
create table pieces (
  id uuid not null,
  organization_id uuid not null,
  livemode boolean not null,
  order_id uuid,
  drop_id uuid not null,
  kind text not null,
  size text not null,
  status text not null default 'created'::text,
  recipient jsonb not null,
  return_address jsonb not null,
  address_status text not null default 'unverified'::text,
  creative jsonb,
  merge_variables jsonb not null default '{}'::jsonb,
  metadata jsonb not null default '{}'::jsonb,
  send_date date,
  price_mills integer not null default 0,
  postage_mills integer not null default 0,
  imb text,
  code text,
  qr_url text,
  delivered_confidence text,
  failure jsonb,
  reached jsonb not null default '{}'::jsonb,
  print_job_id uuid,
  carrier_reference text,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now()
);
alter table pieces add constraint pieces_address_status_check CHECK ((address_status = ANY (ARRAY['well_formed'::text, 'corrected'::text, 'verified'::text, 'undeliverable'::text, 'unverified'::text])));
alter table pieces add constraint pieces_code_key UNIQUE (code);
alter table pieces add constraint pieces_drop_id_fkey FOREIGN KEY (drop_id) REFERENCES drops(id) ON DELETE CASCADE;
alter table pieces add constraint pieces_kind_check CHECK ((kind = ANY (ARRAY['postcard'::text, 'letter'::text])));
alter table pieces add constraint pieces_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id) ON DELETE CASCADE;
alter table pieces add constraint pieces_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table pieces add constraint pieces_pkey PRIMARY KEY (id);
alter table pieces add constraint pieces_print_job_id_fkey FOREIGN KEY (print_job_id) REFERENCES print_jobs(id);
alter table pieces add constraint pieces_status_check CHECK ((status = ANY (ARRAY['held'::text, 'created'::text, 'rendered'::text, 'queued'::text, 'printed'::text, 'mailed'::text, 'in_transit'::text, 'in_local_area'::text, 'processed_for_delivery'::text, 'delivered'::text, 're_routed'::text, 'returned'::text, 'failed'::text, 'cancelled'::text]))) NOT VALID;
CREATE INDEX pieces_by_carrier_reference ON pieces USING btree (carrier_reference) WHERE (carrier_reference IS NOT NULL);
CREATE INDEX pieces_by_imb ON pieces USING btree (imb) WHERE (imb IS NOT NULL);
CREATE INDEX pieces_by_metadata ON pieces USING gin (metadata jsonb_path_ops) WHERE (metadata <> '{}'::jsonb);
CREATE INDEX pieces_by_status ON pieces USING btree (organization_id, livemode, status, id);
CREATE INDEX pieces_of_drop ON pieces USING btree (drop_id, status, id);
CREATE INDEX pieces_of_order ON pieces USING btree (order_id, id) WHERE (order_id IS NOT NULL);
CREATE INDEX pieces_of_organization ON pieces USING btree (organization_id, livemode, id);
CREATE INDEX pieces_of_print_job ON pieces USING btree (print_job_id, id) WHERE (print_job_id IS NOT NULL);

-- post_entries
create table post_entries (
  id uuid not null,
  organization_id uuid not null,
  livemode boolean not null,
  reference text not null,
  kind text not null,
  amount_mills bigint not null,
  created_at timestamp with time zone not null default now()
);
alter table post_entries add constraint post_entries_amount_mills_check CHECK ((amount_mills > 0));
alter table post_entries add constraint post_entries_kind_check CHECK ((kind = ANY (ARRAY['reserved'::text, 'captured'::text, 'released'::text, 'refunded'::text])));
alter table post_entries add constraint post_entries_pkey PRIMARY KEY (id);
CREATE INDEX post_entries_of_reference ON post_entries USING btree (organization_id, livemode, reference, id);

-- post_holds
create table post_holds (
  organization_id uuid not null,
  livemode boolean not null,
  reference text not null,
  charged boolean not null,
  reserved_mills bigint not null,
  captured_mills bigint not null default 0,
  released_mills bigint not null default 0
);
alter table post_holds add constraint post_holds_captured_mills_check CHECK ((captured_mills >= 0));
alter table post_holds add constraint post_holds_check CHECK (((captured_mills + released_mills) <= reserved_mills));
alter table post_holds add constraint post_holds_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table post_holds add constraint post_holds_pkey PRIMARY KEY (organization_id, livemode, reference);
alter table post_holds add constraint post_holds_released_mills_check CHECK ((released_mills >= 0));
alter table post_holds add constraint post_holds_reserved_mills_check CHECK ((reserved_mills >= 0));

-- print_jobs
create table print_jobs (
  id uuid not null,
  organization_id uuid not null,
  livemode boolean not null,
  drop_id uuid not null,
  carrier text not null,
  state text not null default 'assigned'::text,
  reference text,
  piece_count integer not null default 0,
  reprint boolean not null default false,
  problem text,
  submitted_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now()
);
alter table print_jobs add constraint print_jobs_drop_id_fkey FOREIGN KEY (drop_id) REFERENCES drops(id) ON DELETE CASCADE;
alter table print_jobs add constraint print_jobs_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table print_jobs add constraint print_jobs_pkey PRIMARY KEY (id);
alter table print_jobs add constraint print_jobs_state_check CHECK ((state = ANY (ARRAY['assigned'::text, 'submitting'::text, 'submitted'::text, 'accepted'::text, 'printed'::text, 'mailed'::text, 'failed'::text])));
CREATE INDEX print_jobs_of_drop ON print_jobs USING btree (drop_id, id);
CREATE INDEX print_jobs_open ON print_jobs USING btree (carrier, state) WHERE (state <> ALL (ARRAY['mailed'::text, 'failed'::text]));

-- qr_scans
create table qr_scans (
  piece_id uuid not null,
  day date not null,
  device bytea not null,
  organization_id uuid not null,
  order_id uuid,
  scans integer not null default 1,
  first_at timestamp with time zone not null,
  last_at timestamp with time zone not null
);
alter table qr_scans add constraint qr_scans_piece_id_fkey FOREIGN KEY (piece_id) REFERENCES pieces(id) ON DELETE CASCADE;
alter table qr_scans add constraint qr_scans_pkey PRIMARY KEY (piece_id, day, device);
CREATE INDEX qr_scans_of_order ON qr_scans USING btree (order_id) WHERE (order_id IS NOT NULL);

-- received_mail
create table received_mail (
  id uuid not null,
  mail_from text not null,
  recipients text[] not null,
  client_ip text not null,
  client_name text not null,
  tls boolean not null,
  size integer not null,
  bytes bytea,
  received_at timestamp with time zone not null default now(),
  raw_blobs jsonb not null default '{}'::jsonb,
  failures integer not null default 0,
  retried_at timestamp with time zone
) with (toast_tuple_target=8160);
alter table received_mail add constraint received_mail_pkey PRIMARY KEY (id);

-- recipients
create table recipients (
  id uuid not null,
  organization_id uuid not null,
  livemode boolean not null,
  order_id uuid not null,
  row integer not null,
  accepted boolean not null,
  recipient jsonb,
  address_status text,
  merge_variables jsonb,
  given jsonb,
  reasons jsonb
);
alter table recipients add constraint recipients_check CHECK (((accepted = (recipient IS NOT NULL)) AND (accepted = (reasons IS NULL))));
alter table recipients add constraint recipients_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id) ON DELETE CASCADE;
alter table recipients add constraint recipients_pkey PRIMARY KEY (id);
CREATE INDEX recipients_of_order ON recipients USING btree (order_id, accepted, id);

-- simulated_scans
create table simulated_scans (
  id uuid not null,
  organization_id uuid not null,
  piece_id uuid not null,
  due_at timestamp with time zone not null,
  scan jsonb not null
);
alter table simulated_scans add constraint simulated_scans_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table simulated_scans add constraint simulated_scans_piece_id_fkey FOREIGN KEY (piece_id) REFERENCES pieces(id) ON DELETE CASCADE;
alter table simulated_scans add constraint simulated_scans_pkey PRIMARY KEY (id);
CREATE INDEX simulated_scans_due ON simulated_scans USING btree (organization_id, due_at);

-- suppressions
create table suppressions (
  id uuid not null,
  organization_id uuid not null,
  email text not null,
  reason text not null,
  evidence text,
  created_at timestamp with time zone not null default now(),
  livemode boolean not null default true
);
alter table suppressions add constraint suppressions_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table suppressions add constraint suppressions_organization_id_livemode_email_key UNIQUE (organization_id, livemode, email);
alter table suppressions add constraint suppressions_pkey PRIMARY KEY (id);

-- test_clocks
create table test_clocks (
  organization_id uuid not null,
  offset_ms bigint not null,
  speed integer not null default 1,
  since timestamp with time zone not null default now()
);
alter table test_clocks add constraint test_clocks_offset_ms_check CHECK ((offset_ms >= 0));
alter table test_clocks add constraint test_clocks_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table test_clocks add constraint test_clocks_pkey PRIMARY KEY (organization_id);
alter table test_clocks add constraint test_clocks_speed_check CHECK (((speed >= 1) AND (speed <= 86400)));

-- threads
create table threads (
  id uuid not null,
  organization_id uuid not null,
  inbox_id uuid not null,
  livemode boolean not null,
  subject text not null,
  message_count integer not null default 0,
  last_message_at timestamp with time zone not null,
  created_at timestamp with time zone not null default now(),
  merged_into uuid,
  replies integer not null default 0,
  replies_since timestamp with time zone
);
alter table threads add constraint threads_inbox_id_fkey FOREIGN KEY (inbox_id) REFERENCES inboxes(id) ON DELETE CASCADE;
alter table threads add constraint threads_pkey PRIMARY KEY (id);
CREATE INDEX threads_by_activity ON threads USING btree (inbox_id, livemode, last_message_at, id);
CREATE INDEX threads_merged ON threads USING btree (merged_into) WHERE (merged_into IS NOT NULL);

-- tracking_feed
create table tracking_feed (
  id uuid not null,
  source text not null,
  body bytea not null,
  received_at timestamp with time zone not null default now(),
  handled_at timestamp with time zone,
  problem text
);
alter table tracking_feed add constraint tracking_feed_pkey PRIMARY KEY (id);
CREATE INDEX tracking_feed_open ON tracking_feed USING btree (received_at) WHERE (handled_at IS NULL);

-- unindexed_messages
create table unindexed_messages (
  message_id uuid not null
);

-- wallet_entries
create table wallet_entries (
  id uuid not null,
  organization_id uuid not null,
  livemode boolean not null,
  amount_mills bigint not null,
  balance_mills bigint not null,
  kind text not null,
  reference text not null,
  created_at timestamp with time zone not null default now()
);
alter table wallet_entries add constraint wallet_entries_amount_mills_check CHECK ((amount_mills <> 0));
alter table wallet_entries add constraint wallet_entries_balance_mills_check CHECK ((balance_mills >= 0));
alter table wallet_entries add constraint wallet_entries_pkey PRIMARY KEY (id);
CREATE INDEX wallet_entries_of_organization ON wallet_entries USING btree (organization_id, livemode, id);

-- wallets
create table wallets (
  organization_id uuid not null,
  livemode boolean not null,
  balance_mills bigint not null
);
alter table wallets add constraint wallets_balance_mills_check CHECK ((balance_mills >= 0));
alter table wallets add constraint wallets_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table wallets add constraint wallets_pkey PRIMARY KEY (organization_id, livemode);

-- webhook_attempts
create table webhook_attempts (
  id uuid not null,
  organization_id uuid not null,
  endpoint_id uuid not null,
  delivery_id uuid not null,
  attempt integer not null,
  status integer,
  error text,
  response_excerpt text,
  duration_ms integer not null,
  created_at timestamp with time zone not null default now()
);
alter table webhook_attempts add constraint webhook_attempts_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES webhook_deliveries(id) ON DELETE CASCADE;
alter table webhook_attempts add constraint webhook_attempts_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints(id) ON DELETE CASCADE;
alter table webhook_attempts add constraint webhook_attempts_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table webhook_attempts add constraint webhook_attempts_pkey PRIMARY KEY (id);
CREATE INDEX webhook_attempts_of_delivery ON webhook_attempts USING btree (delivery_id);
CREATE INDEX webhook_attempts_of_endpoint ON webhook_attempts USING btree (endpoint_id, id);

-- webhook_deliveries
create table webhook_deliveries (
  id uuid not null,
  organization_id uuid not null,
  endpoint_id uuid not null,
  event_id uuid not null,
  livemode boolean not null,
  state text not null default 'pending'::text,
  attempts integer not null default 0,
  next_attempt_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  held_by integer
) with (autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_threshold=10000);
alter table webhook_deliveries add constraint webhook_deliveries_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES webhook_endpoints(id) ON DELETE CASCADE;
alter table webhook_deliveries add constraint webhook_deliveries_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table webhook_deliveries add constraint webhook_deliveries_pkey PRIMARY KEY (id);
alter table webhook_deliveries add constraint webhook_deliveries_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'delivered'::text, 'failed'::text])));
CREATE INDEX webhook_deliveries_due ON webhook_deliveries USING btree (COALESCE(next_attempt_at, '-infinity'::timestamp with time zone), id) WHERE (state = 'pending'::text);
CREATE INDEX webhook_deliveries_of_endpoint ON webhook_deliveries USING btree (endpoint_id, id);

-- webhook_endpoints
create table webhook_endpoints (
  id uuid not null,
  organization_id uuid not null,
  name text not null,
  url text not null,
  events text[] not null,
  dialect text not null,
  secret text not null,
  previous_secret text,
  previous_secret_until timestamp with time zone,
  enabled boolean not null default true,
  disabled_reason text,
  failing_since timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  livemode boolean not null,
  scopes text[] not null,
  key_id uuid
);
alter table webhook_endpoints add constraint webhook_endpoints_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(id) ON DELETE CASCADE;
alter table webhook_endpoints add constraint webhook_endpoints_pkey PRIMARY KEY (id);
CREATE INDEX webhook_endpoints_of_organization ON webhook_endpoints USING btree (organization_id, id);
