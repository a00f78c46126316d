-- Print files and proofs are made from the row whenever they are asked for: the same piece gives the same bytes.
drop view piece_details;
alter table pieces drop column pdf_blob_id;
create view piece_details as
select p.*, d.mail_date, d.lock_at, d.status as drop_status, d.carrier, coalesce(p.creative, o.creative) as printed_creative
from pieces p
join drops d on d.id = p.drop_id
left join orders o on o.id = p.order_id;
