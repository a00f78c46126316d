-- Credit bought through Stripe Checkout. A payment credits once (pending → paid); what Stripe gives back is noted as the sum it
-- reports, and taken out of the wallet as far as it is still there.
create table payments (
  id uuid primary key,
  organization_id uuid not null references organizations on delete cascade,
  amount_mills bigint not null check (amount_mills > 0),
  session_id text not null unique,
  payment_intent text unique,
  status text not null default 'pending' check (status in ('pending', 'paid')),
  refunded_mills bigint not null default 0 check (refunded_mills between 0 and amount_mills),
  -- how much of refunded_mills the wallet has been asked for, and how much of that was there
  settled_mills bigint not null default 0 check (settled_mills <= refunded_mills),
  taken_mills bigint not null default 0 check (taken_mills <= settled_mills),
  created_at timestamptz not null default now(),
  paid_at timestamptz
);
create index payments_of_organization on payments (organization_id, id);
