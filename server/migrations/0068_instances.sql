-- Every server process, for as long as it lives. While it does, a session of its own holds the advisory lock (1346719553, id); the
-- lock is free the moment PostgreSQL sees that session end, so the others know at once whose work lies idle. Work that is in
-- somebody's hand names its holder; the holder and the number of the attempt together are the fence.
create table instances (
  id integer generated always as identity primary key,
  -- random; application_name of all its sessions
  name text not null unique,
  -- which machine it runs on, so that its neighbours can look for themselves whether it lives
  host text not null,
  roles text[] not null,
  -- under which names its jobs are locked (locked_by in graphile-worker's tables)
  job_pools text[] not null default '{}',
  started_at timestamptz not null default now()
);

-- While 'sending': who holds it. It stays when the delivery was taken from him, so that he may still say how his attempt ended
-- as long as nobody has begun another.
alter table deliveries add column held_by integer;
-- While an attempt is under way: who makes it.
alter table webhook_deliveries add column held_by integer;
-- While it is produced: by whom.
alter table drops add column held_by integer;
create index drops_held on drops (held_by) where held_by is not null;
