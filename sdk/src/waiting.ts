/**
 * Waiting for a mail. The server holds each request open until mail is there, so nothing is polled. It looks for words; regular
 * expressions are tried here, on every mail that came, not only on the newest.
 */
import { PennypostError } from './error.ts'
import type { InboxWaitResult, Message } from './generated/schemas.ts'
import type { Http } from './http.ts'
import { List, type Page } from './list.ts'
import { path } from './resource.ts'

export interface WaitFor {
  /** Part of the sender's address, or a pattern for it. */
  from?: string | RegExp
  /** Part of the subject, or a pattern for it. */
  subject?: string | RegExp
  /** Only in this thread. */
  threadId?: string
  /** Only mail that came from then on. Default: a minute before the call, because the cause of a mail often precedes the wait. */
  since?: Date | string
  /** Milliseconds, default 60,000. */
  timeout?: number
  signal?: AbortSignal
}

/** A mail that was waited for, and the one-time codes and links in it, likeliest first. */
export type ReceivedMessage = Message & Pick<InboxWaitResult, 'codes' | 'links'>

/** As long as the server holds a request open. */
const longestSeconds = 55
/** Beyond that an answer is lost, not late. */
const graceMs = 15_000
const lookBackMs = 60_000

/** Resolves with the mail. Throws a PennypostError with code `timeout` when none came, or the reason of `signal`. */
export const waitFor = async (http: Http, inboxId: string, wanted: WaitFor): Promise<ReceivedMessage> => {
  const { signal, timeout = 60_000 } = wanted
  const deadline = Date.now() + timeout
  const patterns = wanted.from instanceof RegExp || wanted.subject instanceof RegExp
  const query = {
    ...(typeof wanted.from === 'string' ? { from: wanted.from } : {}),
    ...(typeof wanted.subject === 'string' ? { subject: wanted.subject } : {}),
    ...(wanted.threadId ? { thread_id: wanted.threadId } : {}),
  }
  /** From when on mail counts, and from when on it has not been looked at. */
  let start = wanted.since === undefined ? undefined : new Date(wanted.since).getTime()
  let next = start
  const seen = new Set<string>()
  let patience = longestSeconds

  for (;;) {
    const seconds = Math.max(0, Math.min(patience, Math.ceil((deadline - Date.now()) / 1000)))
    const asked = Date.now()
    const { value, date } = await http.exchange<InboxWaitResult>(
      'POST',
      path`/v1/inboxes/${inboxId}/wait`,
      { ...query, ...(next === undefined ? {} : { since: new Date(next).toISOString() }), timeout: seconds },
      { timeout: seconds * 1000 + graceMs, ...(signal ? { signal } : {}) },
    )
    const { message, codes, links } = value
    if (message && (!patterns || matches(message, wanted))) return { ...message, codes, links }
    if (patterns) {
      // The server's clock counts: its answer tells what time it was there when we asked first.
      start ??= (date ?? Date.now()) - (Date.now() - asked) - lookBackMs
      const other = await search(http, inboxId, wanted, start, seen)
      if (other) return withCodes(http, inboxId, other, signal)
    }
    if (Date.now() >= deadline)
      throw new PennypostError('timeout', `No such mail came within ${timeout} ms.`, { details: { retryable: true } })
    if (message) next = Date.parse(message.created_at) + 1
    // Of mails that come at once, one may show up after another that is dated later: look again soon, then less and less often.
    patience = message ? 1 : Math.min(longestSeconds, patience * 2)
  }
}

/** The newest mail since `start` that was not looked at before and matches. */
const search = async (
  http: Http,
  inboxId: string,
  wanted: WaitFor,
  start: number,
  seen: Set<string>,
): Promise<Message | undefined> => {
  const options = wanted.signal ? { signal: wanted.signal } : {}
  const since = new Date(start).toISOString()
  const list = new List<Message>(cursor =>
    http.call<Page<Message>>(
      'GET',
      path`/v1/inboxes/${inboxId}/messages`,
      { direction: 'inbound', created_after: since, limit: 100, cursor },
      options,
    ),
  )
  for await (const message of list) {
    if (seen.has(message.id)) continue
    seen.add(message.id)
    if (matches(message, wanted)) return message
  }
  return undefined
}

/** The server finds codes and links; it is asked for this mail as narrowly as it can be. */
const withCodes = async (
  http: Http,
  inboxId: string,
  message: Message,
  signal: AbortSignal | undefined,
): Promise<ReceivedMessage> => {
  const input = { thread_id: message.thread_id, from: message.from_email, since: message.created_at, timeout: 0 }
  const found = await http.call<InboxWaitResult>('POST', path`/v1/inboxes/${inboxId}/wait`, input, signal ? { signal } : {})
  const same = found.message?.id === message.id
  return { ...message, codes: same ? found.codes : [], links: same ? found.links : [] }
}

const matches = (message: Message, { from, subject, threadId }: WaitFor): boolean =>
  (threadId === undefined || message.thread_id === threadId) && fits(message.from_email, from) && fits(message.subject, subject)

const fits = (text: string, wanted: string | RegExp | undefined): boolean => {
  if (wanted === undefined) return true
  // search() and not test(): it does not remember where a pattern with /g was.
  if (wanted instanceof RegExp) return text.search(wanted) !== -1
  return text.toLowerCase().includes(wanted.toLowerCase())
}
