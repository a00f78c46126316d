-- Machines that answer each other: how often an inbox may answer in one thread within an hour; null for no limit.
alter table inboxes add column reply_cap integer default 30;
-- Answers in the hour that began then.
alter table threads add column replies integer not null default 0;
alter table threads add column replies_since timestamptz;
