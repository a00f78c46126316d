-- A piece as it is shown and printed: with the day and state of its drop and, when it has no creative of its own, its order's.
create view piece_details as
select p.*, d.mail_date, d.lock_at, d.status as drop_status, d.carrier, coalesce(p.creative, o.creative) as printed_creative
from pieces p
join drops d on d.id = p.drop_id
left join orders o on o.id = p.order_id;
