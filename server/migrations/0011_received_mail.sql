-- Mail over 256 KB lies in the blob store: { organization: blob }, one copy for each organization it is for, so that what
-- one of them deletes the others still have.
alter table received_mail add column raw_blobs jsonb not null default '{}';
-- How often reading it went wrong, and when it was last tried again.
alter table received_mail add column failures integer not null default 0;
alter table received_mail add column retried_at timestamptz;
-- The usual mail stays in its row as long as it fits into a page: cut into a TOAST table it cost half again as much to store,
-- for bytes that are read once, moments later.
alter table received_mail set (toast_tuple_target = 8160);
