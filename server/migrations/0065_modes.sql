-- A webhook belongs to a mode, and is given what the key that set it up may read. Those there are stay as they were for live events; the
-- sandbox's events no longer reach them.
alter table webhook_endpoints
  add column livemode boolean not null default true,
  -- the scopes of the key that made it, or set its URL or events last; '*' for all
  add column scopes text[] not null default '{*}',
  -- that key
  add column key_id uuid;
alter table webhook_endpoints alter column livemode drop default, alter column scopes drop default;
update webhook_deliveries set state = 'failed', next_attempt_at = null where state = 'pending' and not livemode;

-- What both modes share is changed with a live key. A test key changes what it made itself: this says which key that was; null: a live one.
alter table inboxes add column test_key_id uuid;
alter table inbox_rules add column test_key_id uuid;
alter table domains add column test_key_id uuid;

-- A suppression of the sandbox keeps nothing live from being sent; those of live mode count in both.
alter table suppressions add column livemode boolean not null default true;
alter table suppressions drop constraint suppressions_organization_id_email_key;
alter table suppressions add unique (organization_id, livemode, email);

create or replace view domain_details as
select d.id, d.organization_id, d.name, d.verified_at, d.failing_since, d.checked_at, d.next_check_at, d.findings, d.signs_ed25519, d.return_path, d.created_at,
  coalesce((
    select jsonb_agg(jsonb_build_object('algorithm', k.algorithm, 'selector', k.selector, 'public_key', k.public_key) order by k.algorithm desc)
    from domain_keys k where k.domain_id = d.id), '[]') as keys,
  exists (select 1 from domains o where o.name = d.name and o.verified_at is not null and o.id <> d.id) as held_elsewhere,
  d.test_key_id
from domains d;
