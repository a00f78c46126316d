/** Every dialect, on one page. */
import type { Dialect } from './dialect.ts'
import { mailbots } from './mailbots/dialect.ts'
import { mailboxkit } from './mailboxkit/dialect.ts'
import { mailstream } from './mailstream/dialect.ts'

export const dialects: readonly Dialect[] = [mailboxkit, mailbots, mailstream]
