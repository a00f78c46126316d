-- An Idempotency-Key belongs to a mode: what a test key did answers no live request. An answer that shows a secret lies sealed.
alter table idempotency_keys add column livemode boolean not null default true, add column sealed boolean not null default false;
-- Answers from before: those with a secret go, so that none lies in plain text; those of test mode say so themselves.
delete from idempotency_keys where body ~ '"(key|api_key|secret)":"';
update idempotency_keys set livemode = false where body like '%"livemode":false%';
alter table idempotency_keys alter column livemode drop default;
alter table idempotency_keys drop constraint idempotency_keys_pkey;
alter table idempotency_keys add primary key (organization_id, livemode, key);
