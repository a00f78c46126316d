-- In which order events happened: microseconds since 1970 by the database's clock, told apart within a statement. The events of one thing
-- are recorded under its lock, so a larger number happened later, whichever node recorded it and whenever a webhook arrives.
alter table events add column sequence bigint;
