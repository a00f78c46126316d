-- Mail over 256 KB lies in the blob store: { organization: blob }, one copy for each organization it is for, so that what
-- one of them deletes the others still have.
alter table received_mail add column raw_blobs jsonb not null default '{}';
-- How often interpretation was begun: counted before it starts, so that a mail that kills the process is noticed too.
alter table received_mail add column attempts integer not null default 0;
alter table received_mail add column attempted_at timestamptz;
create index received_mail_by_age on received_mail (received_at);
