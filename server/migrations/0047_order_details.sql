-- An order as it is shown: with its drops, once it has some.
create view order_details as
select o.*, coalesce((
  select jsonb_agg(jsonb_build_object('id', d.id, 'mail_date', d.mail_date, 'quantity', d.piece_count, 'status', d.status,
    'carrier', d.carrier, 'lock_at', d.lock_at, 'mailed_at', d.mailed_at) order by d.mail_date, d.id)
  from drops d where d.order_id = o.id), '[]') as drops
from orders o;
create index orders_by_metadata on orders using gin (metadata jsonb_path_ops) where metadata <> '{}';
