-- A mail may ask for its answers at several addresses (RFC 5322 §3.6.2); all are kept. Empty: answers go to From.
drop view message_details;
alter table messages alter column reply_to type text[] using case when reply_to is null then '{}' else array[reply_to] end;
alter table messages alter column reply_to set default '{}';
alter table messages alter column reply_to set not null;
alter table messages rename column reply_to to reply_to_emails;

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
