/** Every dialect, on one page. */
import type { Dialect } from './dialect.ts'
import { mailboxkit } from './mailboxkit/dialect.ts'

export const dialects: readonly Dialect[] = [mailboxkit]
