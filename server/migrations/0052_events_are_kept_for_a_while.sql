-- Old events are removed together with their deliveries, by age. The reference would look through all deliveries for each event removed, and
-- its check costs every event something.
alter table webhook_deliveries drop constraint webhook_deliveries_event_id_fkey;
