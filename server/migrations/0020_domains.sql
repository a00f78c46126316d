-- A domain's row without an organization is the server's own: MAIL_DOMAIN, with the keys its mail is signed with.
alter table domains
  alter column organization_id drop not null,
  -- since when a verified domain's proof has been gone; after some days it no longer counts as verified
  add column failing_since timestamptz,
  add column checked_at timestamptz,
  -- null: not looked at again until somebody asks
  add column next_check_at timestamptz default now(),
  -- what the DNS said at checked_at: { record: { status, found, problem, change, hints } }
  add column findings jsonb not null default '{}',
  -- what follows from the last answers of the DNS (a time-out is no answer)
  add column signs_ed25519 boolean not null default false,
  add column return_path boolean not null default false;
create unique index domains_of_nobody on domains (name) where organization_id is null;
create index domains_due on domains (next_check_at) where next_check_at is not null;

create table domain_keys (
  domain_id uuid not null references domains on delete cascade,
  algorithm text not null check (algorithm in ('rsa', 'ed25519')),
  selector text not null,
  -- as the p= tag of the DKIM record has it
  public_key text not null,
  -- PKCS#8 PEM, sealed with the master key
  private_key text not null,
  created_at timestamptz not null default now(),
  primary key (domain_id, algorithm)
);

-- An inbox at a domain belongs to that domain. When a domain changes hands, the new holder may have the same addresses: the old
-- inboxes keep their mail, but are no longer reachable. At MAIL_DOMAIN (no domain_id) an address exists once.
alter table inboxes add column domain_id uuid references domains;
update inboxes i set domain_id = d.id from domains d where d.organization_id = i.organization_id and d.name = split_part(i.email, '@', 2);
alter table inboxes drop constraint inboxes_email_key;
create unique index inboxes_email_key on inboxes (email) where domain_id is null;
create unique index inboxes_email_at_domain on inboxes (domain_id, email) where domain_id is not null;
create index inboxes_by_email on inboxes (email);

-- A domain as it is shown. `held_elsewhere`: somebody else has verified it.
create view domain_details as
select d.id, d.organization_id, d.name, d.verified_at, d.failing_since, d.checked_at, d.next_check_at, d.findings, d.signs_ed25519, d.return_path, d.created_at,
  coalesce((
    select jsonb_agg(jsonb_build_object('algorithm', k.algorithm, 'selector', k.selector, 'public_key', k.public_key) order by k.algorithm desc)
    from domain_keys k where k.domain_id = d.id), '[]') as keys,
  exists (select 1 from domains o where o.name = d.name and o.verified_at is not null and o.id <> d.id) as held_elsewhere
from domains d;
