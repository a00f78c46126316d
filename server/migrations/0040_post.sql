-- Printed mail. An order is many pieces with one message; a drop is what goes to the printer on one day; a piece is one card or letter.
create table orders (
  id uuid primary key,
  organization_id uuid not null references organizations on delete cascade,
  livemode boolean not null,
  status text not null default 'draft'
    check (status in ('draft', 'quoted', 'paid', 'in_production', 'mailed', 'completed', 'cancelled')),
  campaign_type text not null,
  size text not null,
  design text,
  quantity integer not null,
  message text,
  sender_name text,
  return_address jsonb,
  qr_url text,
  -- what post/creative.ts calls a creative; the pieces of the order have none of their own
  creative jsonb,
  metadata jsonb not null default '{}',
  quote jsonb,
  payment jsonb,
  paid_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index orders_of_organization on orders (organization_id, livemode, id);
create index orders_by_status on orders (organization_id, livemode, status, id);

create table drops (
  id uuid primary key,
  organization_id uuid not null references organizations on delete cascade,
  -- null: the single pieces of one day
  order_id uuid references orders on delete cascade,
  livemode boolean not null,
  mail_date date not null,
  -- from then on nothing in it can be cancelled or changed
  lock_at timestamptz not null,
  status text not null default 'scheduled' check (status in ('scheduled', 'locked', 'production_started', 'mailed', 'cancelled')),
  carrier text,
  -- what the carrier calls it: a folder, a batch
  carrier_reference text,
  piece_count integer not null default 0,
  locked_at timestamptz,
  production_started_at timestamptz,
  mailed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index drops_of_day on drops (organization_id, livemode, mail_date) where order_id is null and status = 'scheduled';
create index drops_of_order on drops (order_id, mail_date) where order_id is not null;
create index drops_due on drops (lock_at) where status = 'scheduled';
create index drops_open on drops (status) where status in ('locked', 'production_started');

-- One hand-over to a carrier: a folder of many pieces, or a single piece at a vendor who takes them one by one. The id is the
-- idempotency key of the hand-over. 'submitting' is written before the first byte leaves, so that after a crash somebody asks
-- the carrier what he has instead of sending it again.
create table print_jobs (
  id uuid primary key,
  organization_id uuid not null references organizations on delete cascade,
  livemode boolean not null,
  drop_id uuid not null references drops on delete cascade,
  carrier text not null,
  state text not null default 'assigned' check (state in ('assigned', 'submitting', 'submitted', 'accepted', 'printed', 'mailed', 'failed')),
  reference text,
  piece_count integer not null default 0,
  -- true: pieces that were spoiled the first time
  reprint boolean not null default false,
  problem text,
  submitted_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index print_jobs_of_drop on print_jobs (drop_id, id);
create index print_jobs_open on print_jobs (carrier, state) where state not in ('mailed', 'failed');

create table pieces (
  id uuid primary key,
  organization_id uuid not null references organizations on delete cascade,
  livemode boolean not null,
  order_id uuid references orders on delete cascade,
  drop_id uuid not null references drops on delete cascade,
  kind text not null check (kind in ('postcard', 'letter')),
  size text not null,
  status text not null default 'created'
    check (status in ('created', 'rendered', 'queued', 'printed', 'mailed', 'in_transit', 'in_local_area', 'processed_for_delivery',
      'delivered', 're_routed', 'returned', 'failed', 'cancelled')),
  recipient jsonb not null,
  return_address jsonb not null,
  address_status text not null default 'unverified'
    check (address_status in ('well_formed', 'corrected', 'verified', 'undeliverable', 'unverified')),
  -- null: its order's
  creative jsonb,
  merge_variables jsonb not null default '{}',
  metadata jsonb not null default '{}',
  -- as asked for; the day it goes out is its drop's mail_date
  send_date date,
  price_mills integer not null default 0,
  postage_mills integer not null default 0,
  -- 20 tracking digits of the Intelligent Mail barcode; null where the Postal Service reads none (mail abroad)
  imb text,
  -- of the short link in its QR code; null when it has none
  code text unique,
  qr_url text,
  -- 'logical' (carrier's geofence), 'reported' (vendor); null until delivered
  delivered_confidence text,
  -- { code, message } of a piece that failed
  failure jsonb,
  -- status → when it was reached
  reached jsonb not null default '{}',
  print_job_id uuid references print_jobs,
  -- what the carrier calls it
  carrier_reference text,
  pdf_blob_id uuid references blobs,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index pieces_of_organization on pieces (organization_id, livemode, id);
create index pieces_by_status on pieces (organization_id, livemode, status, id);
create index pieces_by_metadata on pieces using gin (metadata jsonb_path_ops) where metadata <> '{}';
create index pieces_of_order on pieces (order_id, id) where order_id is not null;
create index pieces_of_drop on pieces (drop_id, status, id);
create index pieces_of_print_job on pieces (print_job_id, id) where print_job_id is not null;
create index pieces_by_imb on pieces (imb) where imb is not null;
create index pieces_by_carrier_reference on pieces (carrier_reference) where carrier_reference is not null;

-- Every scan that was reported, applied or not; a late one tells its story but moves nothing.
create table piece_scans (
  id uuid primary key,
  organization_id uuid not null,
  piece_id uuid not null references pieces on delete cascade,
  -- SHA-256 of barcode, time, code and place: the same scan is reported more than once
  dedupe bytea not null unique,
  source text not null,
  -- the status it speaks for; null when it speaks for none
  status text,
  -- false: the piece was further already
  applied boolean not null,
  scanned_at timestamptz not null,
  code text,
  phase text,
  place jsonb,
  raw jsonb not null,
  created_at timestamptz not null default now()
);
create index piece_scans_of_piece on piece_scans (piece_id, scanned_at);

-- Reports as they came, stored before anything is made of them.
create table tracking_feed (
  id uuid primary key,
  source text not null,
  body bytea not null,
  received_at timestamptz not null default now(),
  handled_at timestamptz,
  problem text
);
create index tracking_feed_open on tracking_feed (received_at) where handled_at is null;

-- What the simulated carrier will report, in the order of its organization's sandbox clock.
create table simulated_scans (
  id uuid primary key,
  organization_id uuid not null references organizations on delete cascade,
  piece_id uuid not null references pieces on delete cascade,
  due_at timestamptz not null,
  scan jsonb not null
);
create index simulated_scans_due on simulated_scans (organization_id, due_at);

-- One row per piece, day and device (a keyed hash that changes daily; no address is kept).
create table qr_scans (
  piece_id uuid not null references pieces on delete cascade,
  day date not null,
  device bytea not null,
  organization_id uuid not null,
  order_id uuid,
  scans integer not null default 1,
  first_at timestamptz not null,
  last_at timestamptz not null,
  primary key (piece_id, day, device)
);
create index qr_scans_of_order on qr_scans (order_id) where order_id is not null;

-- How far an organization's sandbox is ahead of the world.
create table test_clocks (
  organization_id uuid primary key references organizations on delete cascade,
  offset_ms bigint not null check (offset_ms >= 0)
);

-- The next serial number under a Mailer ID. It rolls over; scans are matched newest first.
create table piece_serials (
  mailer_id text primary key,
  next bigint not null
);
