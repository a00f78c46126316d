/** What runs by the clock. One process of all runs each, at most a minute late. */
import type { jobs } from './registry.ts'

export const schedule: { everyMinutes: number; task: keyof typeof jobs }[] = [
  { everyMinutes: 10, task: 'prune' },
  { everyMinutes: 1, task: 'email.resume' },
  { everyMinutes: 1, task: 'domains.check' },
  { everyMinutes: 5, task: 'approvals.expire' },
  { everyMinutes: 1, task: 'post.tick' },
]
