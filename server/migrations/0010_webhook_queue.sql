-- webhook_deliveries is its own queue. next_attempt_at: null means at once; while an attempt is under way it says when
-- another process may take it over, should this one die.
create index webhook_deliveries_due on webhook_deliveries (coalesce(next_attempt_at, '-infinity'::timestamptz), id) where state = 'pending';
