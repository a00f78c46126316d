-- A sandbox may run so many times faster than the world, from a moment on. How far ahead it is then depends on when one looks; at three
-- years it gains no more, so that dates stay dates. Null for an organization without a clock of its own.
alter table test_clocks
  add column speed integer not null default 1 check (speed between 1 and 86400),
  add column since timestamptz not null default now();

create function sandbox_ahead_ms(clock test_clocks, moment timestamptz) returns bigint
language sql immutable returns null on null input as $$
  select least(
    clock.offset_ms + greatest(0, floor(extract(epoch from moment - clock.since) * 1000)::bigint) * (clock.speed - 1),
    greatest(clock.offset_ms, 1100 * 86400000::bigint))
$$;
