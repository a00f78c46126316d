-- When something of an organization changes that was last changed at `before`: by its own clock, which in a sandbox may be ahead of the world,
-- and never before that, whatever the machine's clock does.
create function next_moment(before timestamptz, organization uuid, live boolean) returns timestamptz
language sql volatile as $$
  select greatest(before + interval '1 millisecond', clock_timestamp() + case when live then interval '0' else coalesce(
    (select sandbox_ahead_ms(c, clock_timestamp()) * interval '1 millisecond' from test_clocks c where c.organization_id = organization), interval '0') end)
$$;

-- What runs by the clock, and when it last did. A time that is still to come was written before the machine's clock went back.
create table clock_runs (
  task text primary key,
  ran_at timestamptz not null
);
