-- Mail comes in any order. What a mail cites and its inbox does not know yet is noted here; when it comes, it joins that thread.
-- Rows go when what they wait for has come, with their inbox, or after a while (jobs/prune.ts).
create table awaited_messages (
  organization_id uuid not null,
  inbox_id uuid not null references inboxes on delete cascade,
  -- RFC 5322 Message-ID with its angle brackets
  message_id text not null,
  thread_id uuid not null,
  -- cited by the mail the thread began with: the thread has no other beginning, and moves to where the awaited mail belongs
  founding boolean not null,
  created_at timestamptz not null default now(),
  primary key (inbox_id, message_id)
);
create index awaited_messages_of_thread on awaited_messages (thread_id);
create index awaited_messages_by_age on awaited_messages (created_at);

-- Two threads that turned out to be one: the first has no messages any more and stands for the second.
alter table threads add column merged_into uuid;
create index threads_merged on threads (merged_into) where merged_into is not null;
