-- The list of an order: who gets a piece, and the rows that were not taken with the reasons. It becomes pieces at checkout.
create table recipients (
  id uuid primary key,
  organization_id uuid not null,
  livemode boolean not null,
  order_id uuid not null references orders on delete cascade,
  -- as the spreadsheet numbers it
  row integer not null,
  accepted boolean not null,
  -- of an accepted row: the address as it is printed
  recipient jsonb,
  address_status text,
  merge_variables jsonb,
  -- of a rejected one: the address fields as they were written, and [{ code, field, message }]
  given jsonb,
  reasons jsonb,
  check (accepted = (recipient is not null) and accepted = (reasons is null))
);
create index recipients_of_order on recipients (order_id, accepted, id);

alter table orders
  -- [{ mail_date, quantity }] as asked for; the drops are made at checkout
  add column drop_plan jsonb not null default '[]',
  add column recipient_count integer not null default 0,
  add column cancelled_at timestamptz;
