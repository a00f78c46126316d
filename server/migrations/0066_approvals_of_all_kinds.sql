-- Whatever leaves or costs can wait for approval: mail, printed mail, orders. `kind` says what the subject is (approvals/kinds.ts); who deletes a
-- subject deletes its approval.
alter table approvals rename column message_id to subject_id;
alter table approvals drop constraint approvals_message_id_fkey;
alter table approvals add column kind text not null default 'message';
alter table approvals alter column kind drop default, alter column cost_mills type bigint;
alter table approvals drop constraint approvals_state_check;
-- 'withdrawn': it was cancelled before anybody decided
alter table approvals add constraint approvals_state_check check (state in ('pending', 'approved', 'rejected', 'expired', 'withdrawn'));

-- 'held': waits for approval. `not valid`: the rows there are need no second look.
alter table orders drop constraint orders_status_check;
alter table orders add constraint orders_status_check
  check (status in ('draft', 'quoted', 'held', 'paid', 'in_production', 'mailed', 'completed', 'cancelled')) not valid;
alter table pieces drop constraint pieces_status_check;
alter table pieces add constraint pieces_status_check
  check (status in ('held', 'created', 'rendered', 'queued', 'printed', 'mailed', 'in_transit', 'in_local_area', 'processed_for_delivery',
    'delivered', 're_routed', 'returned', 'failed', 'cancelled')) not valid;
