-- Threads are listed by their last message. The old index gave them by id; both begin with the inbox, which its deletion looks up.
create index threads_by_activity on threads (inbox_id, livemode, last_message_at, id);
drop index threads_of_inbox;
