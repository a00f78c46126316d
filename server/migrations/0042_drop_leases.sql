-- While a process works on a drop; when it has passed, another may take it over. After a failure it is when to try again.
alter table drops add column leased_until timestamptz;
