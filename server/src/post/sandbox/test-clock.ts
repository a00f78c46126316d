/**
 * The sandbox's clock: an organization's test mode may run ahead of the world. What is due then happens in the order of its time, by the
 * same code that does it in live mode: by steps, or at a speed, so that a campaign plays by itself. It never runs backwards.
 */
import Type from 'typebox'
import type { Db } from '../../kernel/database/db.ts'
import { object, operation } from '../../operation.ts'
import type { App } from '../../platform.ts'
import { invalid, problem } from '../../problems.ts'
import * as drops from '../drops/drops.sql.ts'
import * as store from './test-clock.sql.ts'

const Clock = Type.Object({
  now: Type.String({ description: 'The time in your sandbox.' }),
  ahead_seconds: Type.Integer({ description: 'How far it is ahead of the world.' }),
  speed: Type.Integer({ description: 'How many times faster than the world it runs.' }),
})

/** Three years: enough for any campaign, and dates stay dates. */
export const mostAheadMs = 1100 * 86_400_000

/** What time it is for an organization in this mode. */
export const nowFor = async (app: App, db: Db, org: string, livemode: boolean): Promise<Date> => {
  const now = app.clock.now()
  return livemode ? now : new Date(now.getTime() + (await store.read(db, org, now)).ahead_ms)
}

const show = (now: Date, { ahead_ms, speed }: store.ClockRow) => ({
  now: new Date(now.getTime() + ahead_ms).toISOString(),
  ahead_seconds: Math.floor(ahead_ms / 1000),
  speed,
})

export const getTestClock = operation(
  'Get the time in your sandbox',
  'orders.read',
  { input: object({}), output: Clock },
  async ctx => {
    if (ctx.livemode) throw problem('test_only')
    const now = ctx.app.clock.now()
    return show(now, await store.read(ctx.db, ctx.org, now))
  },
)

export const advanceTestClock = operation(
  'Advance the clock of your sandbox: drops lock, pieces are printed, scanned and delivered',
  'orders.update',
  {
    input: object({
      days: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 365 })),
      seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 31_536_000 })),
    }),
    output: Clock,
  },
  async (ctx, { days = 0, seconds = 0 }) => {
    if (ctx.livemode) throw problem('test_only')
    const ms = Math.round(days * 86_400_000) + seconds * 1000
    if (ms === 0) throw invalid({ path: '/days', message: 'is required, or seconds' })
    return ctx.db.tx(async db => {
      const now = ctx.app.clock.now()
      const clock = await store.advance(db, ctx.org, now, ms)
      if (clock.ahead_ms > mostAheadMs)
        throw invalid({ path: '/days', message: 'leads more than three years ahead of the world' })
      await drops.unscopedLockDue(db, now, ctx.org)
      await store.play(db, ctx.org)
      return show(now, clock)
    })
  },
)

export const setTestClock = operation(
  'Set how fast the clock of your sandbox runs',
  'orders.update',
  {
    input: object({
      speed: Type.Integer({
        minimum: 1,
        maximum: 86_400,
        description:
          'So many times faster than the world, until it is set again: 1440 is a day a minute, 1 is as the world. It gains at most three years.',
      }),
    }),
    output: Clock,
  },
  async (ctx, { speed }) => {
    if (ctx.livemode) throw problem('test_only')
    return ctx.db.tx(async db => {
      const now = ctx.app.clock.now()
      const clock = await store.setSpeed(db, ctx.org, now, speed)
      await store.play(db, ctx.org)
      return show(now, clock)
    })
  },
)
