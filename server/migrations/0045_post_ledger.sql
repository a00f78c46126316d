-- What an order or a single piece has set aside, has spent and got back. The wallet holds what is free; a reservation takes the
-- money out of it, a release puts it back, a capture only says that it is spent. reserved = held + captured + released, always.
create table post_holds (
  organization_id uuid not null references organizations on delete cascade,
  livemode boolean not null,
  -- public id of the order or piece
  reference text not null,
  -- false: test mode, or a server that charges nothing; the arithmetic is the same, the wallet is not touched
  charged boolean not null,
  reserved_mills bigint not null check (reserved_mills >= 0),
  captured_mills bigint not null default 0 check (captured_mills >= 0),
  released_mills bigint not null default 0 check (released_mills >= 0),
  primary key (organization_id, livemode, reference),
  check (captured_mills + released_mills <= reserved_mills)
);

-- Append-only; the sums per kind are the columns above.
create table post_entries (
  id uuid primary key,
  organization_id uuid not null,
  livemode boolean not null,
  reference text not null,
  -- 'refunded': released after it was captured
  kind text not null check (kind in ('reserved', 'captured', 'released', 'refunded')),
  amount_mills bigint not null check (amount_mills > 0),
  created_at timestamptz not null default now()
);
create index post_entries_of_reference on post_entries (organization_id, livemode, reference, id);
