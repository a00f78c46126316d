/** What runs by the clock (UTC, crontab fields). One process of all runs each. */
import type { jobs } from './registry.ts'

export const schedule: { match: string; task: keyof typeof jobs }[] = [
  { match: '*/10 * * * *', task: 'prune' },
  { match: '* * * * *', task: 'email.resume' },
  { match: '* * * * *', task: 'domains.check' },
  { match: '*/5 * * * *', task: 'approvals.expire' },
  { match: '* * * * *', task: 'post.tick' },
]
