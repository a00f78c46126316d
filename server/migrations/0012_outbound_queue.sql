-- The queue of outgoing mail. A delivery stands in line while it is `due`: new and released ones at once, retries from the
-- moment a worker finds that their time has come. So the line holds only what may be sent now, and the workers can walk
-- through it organization by organization and destination by destination without passing over what waits for later.
-- Whoever inserts a delivery for later says `due = false` and `next_attempt_at`.
alter table deliveries add column due boolean not null default true;
drop index deliveries_due;
create index deliveries_in_line on deliveries (organization_id, lane, next_attempt_at) where due and state in ('queued', 'deferred');
create index deliveries_for_later on deliveries (next_attempt_at) where not due and state in ('queued', 'deferred');
-- Most rows live for seconds and are updated twice, so the table is vacuumed by what it churns, not by what it holds.
alter table deliveries set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
